import assert from 'node:assert/strict';
import { hasBf16 } from '../../kernels/executor.ts';
import { bestPeaks, measurePeaks } from '../../kernels/machine-peaks.ts';

describe('machine peaks', () => {
  it('are rates that a machine can have, and bf16 only where it is native', async () => {
    const peaks = await measurePeaks(1, { matrices: [64, 96], channels: [64], copiedBytes: 2 ** 20 });
    for (const rate of [peaks.f32, peaks.bytes, ...(peaks.bf16 === null ? [] : [peaks.bf16])]) {
      assert.ok(Number.isFinite(rate) && rate > 0, `${rate}`);
    }
    assert.equal(peaks.bf16 !== null, hasBf16());
  });

  it('of two measurements the better one counts', () => {
    const best = bestPeaks({ f32: 1, bf16: 5, bytes: 9 }, { f32: 2, bf16: 4, bytes: 3 });
    assert.deepEqual(best, { f32: 2, bf16: 5, bytes: 9 });
    assert.equal(bestPeaks({ f32: 1, bf16: null, bytes: 9 }, { f32: 2, bf16: null, bytes: 3 }).bf16, null);
  });
});
