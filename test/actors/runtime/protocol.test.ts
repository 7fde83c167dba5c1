/** A listening node against frames that are written by hand: orders of arrival that happen by chance only, and mistakes. */
import assert from 'node:assert/strict';
import * as grpc from '@grpc/grpc-js';
import { type FrameStream, openStream } from '../../../actors/runtime/frame-stream.ts';
import { type ActorRef, ActorSystem, type ListeningNode, listen } from '../../../actors/runtime/index.ts';
import { encodeMessage } from '../../../actors/runtime/message-codec.ts';
import { type Frame, PROTOCOL_VERSION } from '../../../actors/runtime/protocol.ts';
import { type Line, player } from './cast.ts';
import { nextEvent } from './processes.ts';
import { recite, until } from './stages.ts';

describe('The protocol of nodes', () => {
  let system: ActorSystem;
  let listening: ListeningNode;
  let ref: ActorRef<Line>;
  const streams: FrameStream[] = [];

  beforeEach(async () => {
    system = new ActorSystem({ name: 'listener' });
    ref = system.spawn('player', player('player'));
    listening = await listen(system, { softwareVersion: '1', maximumMessageBytes: 1_000_000 });
  });
  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.abort();
    await listening.close();
    await system.stop();
  });

  const open = (name: 'control' | 'bulk', connection = '') => {
    const metadata = new grpc.Metadata();
    metadata.set('auspex-connection', connection);
    const stream = openStream(name, `127.0.0.1:${listening.port}`, grpc.credentials.createInsecure(), metadata);
    streams.push(stream);
    return stream;
  };

  /** Joins, and collects all frames that come on control. */
  const join = async () => {
    const control = open('control');
    const frames: Frame[] = [];
    control.handle({ onFrame: (frame) => frames.push(frame), onEnd: () => {} });
    control.write({ hello: { protocol: PROTOCOL_VERSION, node: 'hand', epoch: 'x' } });
    await until(() => frames.length > 0);
    return { control, frames, bulk: open('bulk', frames[0]!.welcome!.connection!) };
  };

  /** A message by bulk: what announces it, and its data in two chunks. */
  const largeMessage = (id: number, data: Uint8Array) => {
    const { body, attachments } = encodeMessage({ kind: 'note', value: data });
    const envelope = {
      id,
      path: 'player',
      bulk: true,
      body: { bytes: body.length },
      attachments: attachments.map(({ type }) => ({ type, bytes: data.length })),
    };
    return { envelope, chunks: [body, data].map((piece) => ({ envelope: id, data: piece })) };
  };
  const smallMessage = (id: number, value: unknown) => {
    const { body } = encodeMessage({ kind: 'note', value });
    return { id, path: 'player', body: { bytes: body.length, data: body } };
  };
  const acceptedIds = (frames: readonly Frame[]) => frames.flatMap(({ accepted }) => accepted?.ids ?? []);

  it('lets data come before what announces it', async () => {
    const { control, bulk, frames } = await join();
    const data = new Uint8Array(1000).fill(7);
    const { envelope, chunks } = largeMessage(1, data);
    bulk.write({ sequence: 1, chunk: chunks[0] });
    bulk.write({ sequence: 2, chunk: chunks[1] });
    // Heartbeats acknowledge: from then on the data is known to be there.
    await until(() => frames.some(({ heartbeat }) => heartbeat?.bulk === 2));
    control.write({ sequence: 1, envelope });
    await until(() => acceptedIds(frames).length === 1);
    assert.deepEqual(await recite(ref), [data]);
  });

  it('keeps later messages to the same actor behind data that has yet to come', async () => {
    const { control, bulk, frames } = await join();
    const other = system.spawn('other', player('other'));
    const { envelope, chunks } = largeMessage(1, new Uint8Array([1]));
    control.write({ sequence: 1, envelope });
    control.write({ sequence: 2, envelope: smallMessage(2, 'second') });
    control.write({ sequence: 3, envelope: { ...smallMessage(3, 'elsewhere'), path: 'other' } });
    await until(() => acceptedIds(frames).length === 1);
    assert.deepEqual(acceptedIds(frames), [3]);
    assert.deepEqual(await recite(other), ['elsewhere']);
    for (const [i, chunk] of chunks.entries()) bulk.write({ sequence: i + 1, chunk });
    await until(() => acceptedIds(frames).length === 3);
    assert.deepEqual(await recite(ref), [new Uint8Array([1]), 'second']);
  });

  it('handles a frame once that comes twice', async () => {
    const { control, frames } = await join();
    control.write({ sequence: 1, envelope: smallMessage(1, 'first') });
    control.write({ sequence: 1, envelope: smallMessage(1, 'first') });
    control.write({ sequence: 2, envelope: smallMessage(2, 'second') });
    await until(() => acceptedIds(frames).length === 2);
    assert.deepEqual(await recite(ref), ['first', 'second']);
  });

  it('refuses a message that cannot be read, and goes on', async () => {
    const { control, frames } = await join();
    const nonsense = new Uint8Array([255, 255, 255]);
    control.write({ sequence: 1, envelope: { id: 1, path: 'player', body: { bytes: 3, data: nonsense } } });
    control.write({ sequence: 2, envelope: smallMessage(2, 'fine') });
    await until(() => acceptedIds(frames).length === 1);
    assert.equal(frames.find(({ rejected }) => rejected)!.rejected!.failure!.code, 'BAD_MESSAGE');
    assert.deepEqual(await recite(ref), ['fine']);
  });

  for (const [mistake, frame] of [
    ['leaves out a frame', { sequence: 2, unwatch: { id: 1 } }],
    [
      'announces more than is allowed',
      { sequence: 1, envelope: { id: 1, path: 'player', bulk: true, body: { bytes: 2e6 } } },
    ],
    ['sends a frame of no known kind', { sequence: 1 }],
  ] as const) {
    it(`gives up a node that ${mistake}`, async () => {
      const lost = nextEvent(system, 'nodeLost');
      const { control } = await join();
      control.write(frame);
      assert.match((await lost).error.message, /does not keep to the protocol/);
      assert.deepEqual(listening.peers(), []);
    });
  }

  it('ends a connection that does not begin with a hello, and a bulk stream that belongs to nobody', async () => {
    const ended = [open('control'), open('bulk', 'guessed')].map(
      (stream) => new Promise((resolve) => stream.handle({ onFrame: () => {}, onEnd: resolve })),
    );
    streams[0]!.write({ sequence: 1, unwatch: { id: 1 } });
    await Promise.all(ended);
    assert.deepEqual(listening.peers(), []);
  });
});
