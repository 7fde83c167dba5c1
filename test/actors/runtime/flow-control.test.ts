/** What may be under way between two nodes: counted at the sending side, on a stream that leads nowhere. */
import assert from 'node:assert/strict';
import { FrameStream } from '../../../actors/runtime/frame-stream.ts';
import { Outgoing } from '../../../actors/runtime/outgoing.ts';
import type { Frame } from '../../../actors/runtime/protocol.ts';
import { ReliableStream } from '../../../actors/runtime/reliable-stream.ts';

const MIB = 1024 * 1024;

function recordingStream() {
  const frames: Frame[] = [];
  const stream = new FrameStream({ write: (frame) => frames.push(frame), end() {}, abort() {} });
  return { frames, stream };
}

/** Both streams of a link, and what was written to them. */
function newLink() {
  const control = new ReliableStream(4 * MIB, () => outgoing.sendMore());
  const bulk = new ReliableStream(8 * MIB, () => outgoing.sendMore());
  const outgoing: Outgoing = new Outgoing(control, bulk, 1024 * MIB);
  const [onControl, onBulk] = [recordingStream(), recordingStream()];
  control.attach(onControl.stream, 0);
  bulk.attach(onBulk.stream, 0);
  const tell = (path: string, message: unknown) => {
    const address = { node: 'there', epoch: 'x', path, incarnation: 0 };
    return outgoing.deliver(address, { message }, outgoing.encode(address, message));
  };
  const idsTo = (path: string) =>
    onControl.frames.flatMap(({ envelope }) => (envelope?.path === path ? [envelope.id!] : []));
  return { control, bulk, outgoing, onControl, onBulk, tell, idsTo };
}

/** Chunks are sent in turns of the event loop. */
async function settled(frames: readonly Frame[]): Promise<void> {
  for (let count = -1; count !== frames.length; ) {
    count = frames.length;
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('Credit between nodes', () => {
  it('bounds the messages under way to one actor, and to no other', () => {
    const { outgoing, tell, idsTo } = newLink();
    for (let i = 0; i < 1000; i++) void tell('full', i);
    assert.equal(idsTo('full').length, 64);
    void tell('other', 0);
    assert.equal(idsTo('other').length, 1);
    outgoing.accepted(idsTo('full').slice(0, 10));
    assert.equal(idsTo('full').length, 74);
  });

  it('bounds the bytes under way to one actor, but lets a larger message through alone', () => {
    const { outgoing, tell, idsTo } = newLink();
    for (let i = 0; i < 3; i++) void tell('full', new Uint8Array(40 * MIB));
    assert.equal(idsTo('full').length, 1);
    outgoing.accepted([idsTo('full')[0]!]);
    assert.equal(idsTo('full').length, 2);
  });

  it('bounds the bytes of bulk that nobody has acknowledged, and leaves control alone', async () => {
    const { bulk, onBulk, tell, idsTo } = newLink();
    const bytes = () => onBulk.frames.reduce((sum, { chunk }) => sum + chunk!.data!.length, 0);
    void tell('far', new Uint8Array(20 * MIB));
    await settled(onBulk.frames);
    assert.ok(bytes() >= 8 * MIB && bytes() < 9 * MIB, `${bytes()} bytes`);
    void tell('near', 1);
    assert.equal(idsTo('near').length, 1);
    bulk.acknowledge(onBulk.frames.at(-1)!.sequence!);
    await settled(onBulk.frames);
    assert.ok(bytes() >= 16 * MIB && bytes() < 17 * MIB, `${bytes()} bytes`);
  });

  it('bounds the bytes of small messages that nobody has acknowledged', () => {
    const { control, onControl, tell } = newLink();
    for (let i = 0; i < 200; i++) void tell(`actor-${i}`, new Uint8Array(60_000));
    assert.ok(onControl.frames.length < 80, `${onControl.frames.length} messages`);
    const before = onControl.frames.length;
    control.acknowledge(before);
    assert.ok(onControl.frames.length > before);
  });
});

describe('A stream of one connection', () => {
  it('holds what comes while nobody handles it, the end included', () => {
    const { stream } = recordingStream();
    const heard: unknown[] = [];
    const handlers = (name: string, then: () => void) => ({
      onFrame: ({ sequence }: Frame) => {
        heard.push(`${name} ${sequence}`);
        then();
      },
      onEnd: ({ message }: Error) => heard.push(`${name} ${message}`),
    });
    stream.received({ sequence: 1 }, 1);
    stream.received({ sequence: 2 }, 1);
    stream.handle(handlers('first', () => stream.hold()));
    assert.deepEqual(heard, ['first 1']);
    stream.received({ sequence: 3 }, 1);
    stream.ended(new Error('broke'));
    stream.ended(new Error('broke again'));
    assert.ok(!stream.isOpen);
    stream.handle(handlers('second', () => {}));
    assert.deepEqual(heard, ['first 1', 'second 2', 'second 3', 'second broke']);
  });
});

describe('A stream that outlives connections', () => {
  it('sends again what was not acknowledged, and nothing else', () => {
    const stream = new ReliableStream(MIB, () => {});
    const [first, second] = [recordingStream(), recordingStream()];
    stream.attach(first.stream, 0);
    for (let i = 0; i < 5; i++) stream.send({ goodbye: {} }, 10);
    stream.acknowledge(2);
    stream.detach();
    stream.send({ goodbye: {} }, 10);
    stream.attach(second.stream, 3);
    stream.send({ goodbye: {} }, 10);
    assert.deepEqual(
      first.frames.map(({ sequence }) => sequence),
      [1, 2, 3, 4, 5],
    );
    assert.deepEqual(
      second.frames.map(({ sequence }) => sequence),
      [4, 5, 6, 7],
    );
  });

  it('takes each frame once, and does not overlook a gap', () => {
    const stream = new ReliableStream(MIB, () => {});
    assert.ok(stream.admit(1, 10));
    assert.ok(stream.admit(2, 10));
    assert.ok(!stream.admit(1, 10));
    assert.ok(!stream.admit(2, 10));
    assert.throws(() => stream.admit(4, 10), /frame 4 came after frame 2/);
    assert.equal(stream.received, 2);
  });

  it('owes an acknowledgement before the other side has to wait for it', () => {
    const stream = new ReliableStream(100, () => {});
    stream.admit(1, 20);
    assert.ok(!stream.owesAcknowledgement);
    stream.admit(2, 20);
    assert.ok(stream.owesAcknowledgement);
    stream.acknowledgementSent();
    assert.ok(!stream.owesAcknowledgement);
  });
});
