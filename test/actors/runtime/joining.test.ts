/** Who may join, and what travels between those who have. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { openStream } from '../../../actors/runtime/frame-stream.ts';
import {
  ActorError,
  ActorSystem,
  type DialOptions,
  dial,
  type ListenOptions,
  listen,
  type NodeHello,
  type Security,
} from '../../../actors/runtime/index.ts';
import type { Frame } from '../../../actors/runtime/protocol.ts';
import { type Certificate, makeAuthority } from '../../certificates.ts';
import { type Line, player } from './cast.ts';
import { nextEvent, startNodeProcess } from './processes.ts';
import { echo, recite, until } from './stages.ts';

describe('Joining a node', () => {
  const systems: ActorSystem[] = [];
  const closers: (() => Promise<void>)[] = [];
  const newSystem = (name: string) => {
    const system = new ActorSystem({ name });
    systems.push(system);
    return system;
  };
  const listenAs = async (options: Partial<ListenOptions> = {}) => {
    const system = newSystem('coordinator');
    const node = await listen(system, { softwareVersion: '1.2.3', ...options });
    closers.push(() => node.close());
    return { system, node, address: `127.0.0.1:${node.port}` };
  };
  const dialAs = async (name: string, address: string, options: Partial<DialOptions> = {}) => {
    const node = await dial(newSystem(name), { address, softwareVersion: '1.2.3', ...options });
    closers.push(() => node.close());
    return node;
  };

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    for (const system of systems.splice(0)) await system.stop();
  });

  it('tells both sides who the other is', async () => {
    let heard: NodeHello | undefined;
    const { system, node, address } = await listenAs({
      admit(hello) {
        heard = hello;
        return { kind: 'admit' };
      },
    });
    const hello = { configHash: 'abc', ranks: [1, 2] };
    const dialled = await dialAs('worker-0', address, { hello, softwareVersion: '1.2.4' });
    assert.equal(heard!.name, 'worker-0');
    assert.equal(heard!.softwareVersion, '1.2.4');
    assert.deepEqual(heard!.hello, hello);
    assert.deepEqual(
      node.peers().map(({ name, epoch }) => [name, epoch]),
      [['worker-0', heard!.epoch]],
    );
    assert.deepEqual([dialled.peer.name, dialled.peer.epoch], ['coordinator', system.epoch]);
    assert.equal(dialled.peer.softwareVersion, '1.2.3');
  });

  for (const [how, admit] of [
    ['says so', () => ({ kind: 'refuse', reason: 'its config is another one' }) as const],
    [
      'throws',
      async () => {
        throw new Error('its config is another one');
      },
    ],
  ] as const) {
    it(`is refused where the listening side ${how}, with the reason on both sides`, async () => {
      const { system, node, address } = await listenAs({ admit });
      const refused = nextEvent(system, 'nodeRefused');
      await assert.rejects(dialAs('worker-0', address), {
        name: 'ActorError',
        code: 'NODE_REFUSED',
        message: /another one/,
      });
      const event = await refused;
      assert.equal(event.node, 'worker-0');
      assert.equal(event.error.code, 'NODE_REFUSED');
      assert.match(event.error.message, /another one/);
      assert.deepEqual(node.peers(), []);
    });
  }

  it('is refused to a second process of the same name, and the first stays', async () => {
    const { system, node, address } = await listenAs();
    const first = startNodeProcess({ name: 'worker-0', address, softwareVersion: '1' });
    closers.push(() => first.kill());
    await nextEvent(system, 'nodeJoined');
    const refused = nextEvent(system, 'nodeRefused');
    await assert.rejects(dialAs('worker-0', address), { code: 'NODE_NAME_TAKEN', message: /worker-0/ });
    assert.equal((await refused).error.code, 'NODE_NAME_TAKEN');
    const [peer] = node.peers();
    const journal = await peer!
      .actor<{ kind: 'journal'; replyTo: unknown }>('stagehand')
      .ask((replyTo) => ({ kind: 'journal', replyTo }), { deadline: 10_000 });
    assert.deepEqual(journal, []);
  });

  it('is refused to a node with the name of the listening one', async () => {
    const { address } = await listenAs();
    await assert.rejects(dialAs('coordinator', address), { code: 'NODE_NAME_TAKEN' });
  });

  it('is refused to a node whose name could not stand in a log', async () => {
    const { address } = await listenAs();
    const stream = openStream('control', address, grpc.credentials.createInsecure(), new grpc.Metadata());
    const answer = new Promise<string>((resolve) => {
      stream.handle({ onFrame: ({ refused }) => resolve(`${refused?.failure?.message}`), onEnd: () => {} });
    });
    stream.write({ hello: { protocol: 1, node: 'a\nb', epoch: 'x' } });
    assert.match(await answer, /"a\\nb" is no name for a node/);
    stream.abort();
  });

  it('is refused to another version of the protocol', async () => {
    const { system, address } = await listenAs();
    const refused = nextEvent(system, 'nodeRefused');
    const stream = openStream('control', address, grpc.credentials.createInsecure(), new grpc.Metadata());
    const answer = new Promise<string>((resolve) => {
      const onFrame = ({ refused }: Frame) => resolve(`${refused?.failure?.code}: ${refused?.failure?.message}`);
      stream.handle({ onFrame, onEnd: () => {} });
    });
    stream.write({ hello: { protocol: 99, node: 'newer', epoch: 'x', softwareVersion: '9.9' } });
    assert.match(await answer, /^PROTOCOL_MISMATCH: newer \(version 9\.9\) speaks protocol 99/);
    assert.equal((await refused).error.code, 'PROTOCOL_MISMATCH');
    stream.abort();
  });

  it('needs the token, which no error shows', async () => {
    const security: Security = { kind: 'token', token: 'correct-horse' };
    const { system, address } = await listenAs({ security });
    for (const wrong of [{ kind: 'token', token: 'battery-staple' }, { kind: 'none' }] as const) {
      const refused = nextEvent(system, 'nodeRefused');
      const error: ActorError = await dialAs('worker-0', address, { security: wrong }).then(
        () => assert.fail('was let in'),
        (thrown) => thrown,
      );
      const event = await refused;
      assert.equal(error.code, 'UNAUTHENTICATED');
      assert.equal(event.error.code, 'UNAUTHENTICATED');
      assert.doesNotMatch(`${error.stack}${event.error.stack}${event.node}`, /correct-horse|battery-staple/);
    }
    assert.equal((await dialAs('worker-0', address, { security })).peer.name, 'coordinator');
  });

  it('needs the token for bulk as well', async () => {
    const { address } = await listenAs({ security: { kind: 'token', token: 'correct-horse' } });
    const stream = openStream('bulk', address, grpc.credentials.createInsecure(), new grpc.Metadata());
    const ended = new Promise<Error>((resolve) => {
      stream.handle({ onFrame: () => {}, onEnd: resolve });
    });
    assert.match((await ended).message, /UNAUTHENTICATED/);
  });

  it('is not possible from outside without security', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
      await assert.rejects(listenAs({ host }), {
        name: 'ActorError',
        code: 'INSECURE_LISTENER',
        message: /TLS or a token/,
      });
    }
  });

  it('from outside with a token alone is possible, and warned of', async () => {
    const system = newSystem('open');
    const warning = nextEvent(system, 'warning');
    const security: Security = { kind: 'token', token: 'correct-horse' };
    const node = await listen(system, { softwareVersion: '1', host: '0.0.0.0', security });
    closers.push(() => node.close());
    const { message } = await warning;
    assert.match(message, /unencrypted/);
    assert.doesNotMatch(message, /correct-horse/);
  });

  it('gives up with a typed error where nobody listens', async () => {
    const { node, address } = await listenAs();
    await node.close();
    const heartbeat = { intervalMs: 20, timeoutMs: 100 };
    await assert.rejects(dialAs('worker-0', address, { heartbeat }), { code: 'CONNECT_FAILED' });
  });

  it('waits for a listener that starts later', async () => {
    const { node, address } = await listenAs();
    await node.close();
    const dialling = dialAs('worker-0', address);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await listenAs({ port: node.port });
    assert.equal((await dialling).peer.name, 'coordinator');
  });

  it('is told by a typed error where the port is taken', async () => {
    const { node } = await listenAs();
    await assert.rejects(listenAs({ port: node.port }), { code: 'LISTEN_FAILED' });
  });

  it('with mutual TLS needs a certificate of the same authority', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'auspex-tls-'));
    try {
      const ours = makeAuthority(folder, 'ours');
      const theirs = makeAuthority(folder, 'theirs');
      const security = mutualTls(ours('coordinator'));
      const { system, node: listening } = await listenAs({ security });
      system.spawn('player', player('player'));
      const address = `localhost:${listening.port}`;
      const dialled = await dialAs('worker-0', address, { security: mutualTls(ours('worker')) });
      assert.equal(await echo(dialled.peer.actor<Line>('player'), 'secret'), 'secret');
      assert.deepEqual(
        await echo(dialled.peer.actor<Line>('player'), new Uint8Array(200_000)),
        new Uint8Array(200_000),
      );
      const heartbeat = { intervalMs: 100, timeoutMs: 500 };
      const refused: [Security, string][] = [
        [mutualTls(theirs('stranger')), 'UNAUTHENTICATED'],
        // The listener drops this one without a word.
        [{ ...mutualTls(theirs('liar')), caFile: security.caFile }, 'CONNECT_FAILED'],
        [{ kind: 'none' }, 'CONNECT_FAILED'],
      ];
      for (const [wrong, code] of refused) {
        await assert.rejects(dialAs('worker-1', address, { security: wrong, heartbeat }), { name: 'ActorError', code });
      }
      assert.deepEqual(
        listening.peers().map(({ name }) => name),
        ['worker-0'],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('with mutual TLS names a file that cannot be read', async () => {
    const missing = path.join(os.tmpdir(), 'no-such-file.pem');
    const security: Security = { kind: 'mutualTls', caFile: missing, certificateFile: missing, keyFile: missing };
    await assert.rejects(listenAs({ security }), { code: 'BAD_ACTOR_OPTION', message: /no-such-file/ });
  });

  it('refuses options that make no sense', async () => {
    await assert.rejects(listenAs({ heartbeat: { intervalMs: 100, timeoutMs: 150 } }), { code: 'BAD_ACTOR_OPTION' });
    await assert.rejects(listenAs({ maximumMessageBytes: 0 }), { code: 'BAD_ACTOR_OPTION' });
    await assert.rejects(listenAs({ security: { kind: 'token', token: '' } }), { code: 'BAD_ACTOR_OPTION' });
    assert.throws(() => new ActorSystem({ name: 'a/b' }), { code: 'BAD_ACTOR_OPTION' });
  });
});

describe('A reference to a third node', () => {
  it('is of no use: those who dialled the same listener cannot speak to each other', async () => {
    const [hub, first, second] = ['hub', 'first', 'second'].map((name) => new ActorSystem({ name })) as [
      ActorSystem,
      ActorSystem,
      ActorSystem,
    ];
    const listening = await listen(hub, { softwareVersion: '1' });
    const options = { softwareVersion: '1', address: `127.0.0.1:${listening.port}` };
    const [one, two] = [await dial(first, options), await dial(second, options)];
    const inHub = hub.spawn('player', player('in the hub'));
    const inFirst = first.spawn('player', player('in the first'));
    await one.peer.actor<Line>('player').tell({ kind: 'note', value: inFirst });
    const [seen] = (await recite(two.peer.actor<Line>('player'))) as [typeof inFirst];
    await assert.rejects(seen.tell({ kind: 'keepQuiet' }), { code: 'NODE_LOST', message: /first\/player/ });
    const watcher = second.spawn('watcher', player('watcher'));
    await watcher.ask((replyTo) => ({ kind: 'watch', ref: seen, replyTo }), { deadline: 10_000 });
    await until(async () => (await recite(watcher)).length > 0);
    assert.match(String((await recite(watcher))[0]), /^nodeLost/);
    assert.equal((await recite(inHub)).length, 1);
    for (const node of [one, two, listening]) await node.close();
    for (const system of [hub, first, second]) await system.stop();
  });
});

describe('A message to another node', () => {
  let here: ActorSystem;
  let there: ActorSystem;
  const closers: (() => Promise<void>)[] = [];
  let ref: ReturnType<typeof spawnPlayer>;
  const spawnPlayer = (system: ActorSystem) => system.spawn('player', player('player'));

  before(async () => {
    here = new ActorSystem({ name: 'here' });
    there = new ActorSystem({ name: 'there' });
    spawnPlayer(there);
    const listening = await listen(there, { softwareVersion: '1' });
    const address = `127.0.0.1:${listening.port}`;
    const dialled = await dial(here, { softwareVersion: '1', address, maximumMessageBytes: 100_000 });
    closers.push(
      () => dialled.close(),
      () => listening.close(),
    );
    ref = dialled.peer.actor<Line>('player');
  });
  after(async () => {
    for (const close of closers) await close();
    await Promise.all([here.stop(), there.stop()]);
  });

  it('is refused if it is too large, and the next is not', async () => {
    const told = ref.tell({ kind: 'note', value: new Uint8Array(100_001) });
    await assert.rejects(told, { code: 'MESSAGE_TOO_LARGE', message: /there\/player/ });
    assert.equal(here.recentDeadLetters().at(-1)!.reason.code, 'MESSAGE_TOO_LARGE');
    assert.equal(await echo(ref, 1), 1);
  });

  const circle: { self?: unknown } = {};
  circle.self = circle;
  for (const [what, value, place] of [
    ['a function', { list: [1, () => 1] }, /message\.value\.list\[1\] is a function/],
    ['a class of its own', { date: new Date(0) }, /message\.value\.date is a Date/],
    ['itself', circle, /nested deeper/],
  ] as const) {
    it(`is refused if it contains ${what}, and the error says where`, async () => {
      await assert.rejects(ref.tell({ kind: 'note', value }), { code: 'BAD_MESSAGE', message: place });
      await assert.rejects(echo(ref, value), { code: 'BAD_MESSAGE' });
      assert.equal(await echo(ref, 2), 2);
    });
  }

  it('may be nested as deeply as the limit', async () => {
    let nested: unknown = 'core';
    for (let i = 0; i < 38; i++) nested = i % 2 ? [nested] : { nested };
    assert.deepEqual(await echo(ref, nested), nested);
  });

  it('carries errors with their codes and causes', async () => {
    const error = new ActorError('ACTOR_FAILED', 'outer', { cause: new TypeError('inner') });
    const back = (await echo(ref, { error })) as { error: ActorError };
    assert.ok(back.error instanceof ActorError);
    assert.deepEqual([back.error.code, back.error.message], ['ACTOR_FAILED', 'outer']);
    assert.deepEqual([(back.error.cause as Error).name, (back.error.cause as Error).message], ['TypeError', 'inner']);
  });
});

function mutualTls(certificate: Certificate) {
  return { kind: 'mutualTls', ...certificate } as const;
}
