/** A run of an encoder that is given up ends between two operations, and the next one is whole. */
import assert from 'node:assert/strict';
import { Encoder } from '../../../evals/features/encoder.ts';
import { regnetTrunk } from '../../../model/regnet.ts';

const SIZE = 96;
const BATCH = 8;

describe('encoder', () => {
  const trunk = regnetTrunk({ depth: 8, w0: 24, wa: 24, wm: 2, groupWidth: 8 });
  const description = { trunk, head: { widths: [16], prototypes: 4 }, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
  const views = Uint8Array.from({ length: BATCH * SIZE * SIZE * 3 }, (_, i) => (i * 7919) % 251);
  let encoder: Encoder;
  before(() => {
    encoder = Encoder.untrained(description, 1, { size: SIZE, batchSize: BATCH, threads: 1 });
  });
  after(() => encoder.free());

  it('ends where nobody wants its features any more, and gives the same ones the next time', async () => {
    const features = await encoder.embed(views);
    const whole = new AbortController();
    assert.deepEqual(await encoder.embed(views, whole.signal), features);
    const unwanted = new AbortController();
    const running = encoder.embed(views, unwanted.signal);
    // Once it has its turn it runs for milliseconds.
    queueMicrotask(() => queueMicrotask(() => unwanted.abort(new Error('nobody waits'))));
    await assert.rejects(running, /nobody waits/);
    assert.deepEqual(await encoder.embed(views, whole.signal), features);
  });

  it('does not begin for whom it is too late', async () => {
    await assert.rejects(encoder.embed(views, AbortSignal.abort(new Error('gone'))), /gone/);
  });
});
