/** `auspex coordinator` and `auspex worker`, and what they refuse: one clear line on both sides. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { ActorSystem, dial } from '../../../actors/runtime/index.ts';
import { temporaryFolder, writePhotos } from '../../training/tiny-training.ts';
import { lossesOf, ranksConfig } from '../ranks/ranks-training.ts';
import { auspex, startAuspex } from './run.ts';

describe('auspex coordinator and worker', () => {
  const temporary = temporaryFolder();
  const file = (name: string) => path.join(temporary.path, name);
  const token = ['--token-file', file('token')];
  let coordinator: Coordinator | undefined;

  before(async () => {
    await writePhotos(file('photos'), 40);
    await writePhotos(file('other-photos'), 40, ['elsewhere']);
    writeFileSync(file('token'), 'a secret of enough characters\n');
    writeFileSync(file('wrong-token'), 'another secret of enough characters\n');
    writeFileSync(file('short-token'), 'short\n');
    for (const [name, seed] of [
      ['config.yaml', 3],
      ['other.yaml', 4],
    ] as const) {
      const { training, data, ...rest } = ranksConfig(
        file('photos'),
        'unused',
        'training.iterations=6',
        `training.seed=${seed}`,
      );
      const { out: _out, ...trained } = training;
      const { path: _path, ...seen } = data;
      writeFileSync(file(name), stringify({ ...rest, training: trained, data: seen }));
    }
  });
  after(() => {
    coordinator?.child.kill('SIGKILL');
    temporary.remove();
  });

  const workerArguments = (...args: string[]) => {
    return ['worker', '--coordinator', coordinator!.address, '--heartbeat-timeout', '4', ...args];
  };
  const worker = (...args: string[]) => auspex(workerArguments(...args));

  it('refuses a wrong token, another config, other images and a name that is taken; trains with those that fit', async () => {
    coordinator = await startCoordinator(file('config.yaml'), file('photos'), file('run'), ...token);
    const first = startAuspex(workerArguments(...token, '--name', 'first'));
    const firstEnded = new Promise((resolve) => first.on('close', resolve));

    const wrong = worker('--token-file', file('wrong-token'), '--name', 'wrong');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /error UNAUTHENTICATED: .*no token or a wrong one/);

    const other = worker(file('other.yaml'), ...token, '--name', 'other');
    assert.match(other.stderr, /error NODE_REFUSED: .*its config \(\w+\) is not the coordinator's/);

    const elsewhere = worker(...token, '--name', 'elsewhere', '--data', file('other-photos'));
    assert.match(elsewhere.stderr, /error WORKER_REFUSED: .*it sees other data/);

    await coordinator.said(/"event":"warning".*elsewhere.*it sees other data/);
    const taken = worker(...token, '--name', 'first');
    assert.match(taken.stderr, /error NODE_NAME_TAKEN: .*the name first already/);

    const second = worker(...token, '--name', 'second');
    assert.equal(second.code, 0, second.stderr);
    assert.equal(await firstEnded, 0);
    const { output, code } = await coordinator.ended;
    assert.equal(code, 0);
    const result = JSON.parse(output.trim().split('\n').at(-1)!);
    assert.equal(result.status, 'finished');
    assert.equal(lossesOf(file('run')).length, 6);

    // What each side refused, it said in one line; the secret was never among it.
    for (const name of ['other', 'elsewhere', 'first']) assert.match(output, new RegExp(`"event":"warning".*${name}`));
    assert.ok(!output.includes('a secret of enough characters'));
  });

  it('refuses another version', async () => {
    coordinator = await startCoordinator(file('config.yaml'), file('photos'), file('version-run'), ...token);
    const system = new ActorSystem({ name: 'old' });
    const security = { kind: 'token', token: 'a secret of enough characters' } as const;
    await assert.rejects(dial(system, { address: coordinator.address, softwareVersion: '0.0.1', security }), {
      code: 'NODE_REFUSED',
      message: /it is Auspex 0\.0\.1, and the coordinator is \d+\.\d+\.\d+: install the same version/,
    });
    await coordinator.said(/"event":"warning".*it is Auspex 0\.0\.1/);
    await system.stop();
    coordinator.child.kill('SIGKILL');
  });

  it('does not listen to the network without a token or TLS, and leaves no run folder then', () => {
    const out = file('open-run');
    const start = ['coordinator', file('config.yaml'), '--data', file('photos'), '--out', out];
    const run = auspex([...start, '--ranks', '2', '--listen', '0.0.0.0:0']);
    assert.equal(run.code, 1);
    assert.match(run.stderr, /error INSECURE_LISTENER: .*mutual TLS or a token/);
    assert.ok(!existsSync(out));
  });

  it('says when nobody answers', () => {
    const run = auspex(['worker', '--coordinator', '127.0.0.1:9', '--heartbeat-timeout', '1']);
    assert.equal(run.code, 1);
    assert.match(run.stderr, /error CONNECT_FAILED: 127\.0\.0\.1:9 cannot be reached/);
  });

  for (const [title, args, message] of [
    ['a number of ranks that is none', ['train', '--ranks', 'many'], /a number such as 4, or a range such as 2\.\.4/],
    ['an address without a port', ['worker', '--coordinator', 'somewhere'], /host:port/],
    [
      'TLS with files missing',
      ['worker', '--coordinator', '127.0.0.1:9', '--tls-ca', 'ca.pem'],
      /--tls-ca, --tls-cert and --tls-key/,
    ],
    [
      'a token that is too short',
      ['worker', '--coordinator', '127.0.0.1:9', '--token-file', file('short-token')],
      /fewer than 16 characters/,
    ],
    [
      'a token file that is not there',
      ['worker', '--coordinator', '127.0.0.1:9', '--token-file', 'nowhere'],
      /nowhere cannot be read/,
    ],
  ] as const) {
    it(`refuses ${title}`, () => {
      const run = auspex(args);
      assert.equal(run.code, 2);
      assert.match(run.stderr, message);
    });
  }
});

interface Coordinator {
  readonly child: ChildProcess;
  readonly address: string;
  readonly ended: Promise<{ output: string; code: number | null }>;
  /** Resolves when its output matches. */
  said(pattern: RegExp): Promise<void>;
}

/** Starts one of two ranks, on a free port of loopback. */
async function startCoordinator(config: string, data: string, out: string, ...args: string[]): Promise<Coordinator> {
  const common = ['--data', data, '--out', out, '--ranks', '2', '--listen', '127.0.0.1:0', '--json'];
  const child = startAuspex(['coordinator', config, ...common, ...args]);
  let output = '';
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    for (const listener of listeners) listener();
  });
  const said = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!pattern.test(output)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  const ended = new Promise<{ output: string; code: number | null }>((resolve) => {
    child.on('close', (code) => resolve({ output, code }));
  });
  await Promise.race([said(/"event":"listening"/), ended]);
  const { address } = JSON.parse(output.split('\n').find((line) => line.includes('"listening"'))!);
  return { child, address, ended, said };
}
