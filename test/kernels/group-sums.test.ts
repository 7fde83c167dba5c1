/** Sums of rows by their groups, against sums that JavaScript adds up in the same order: the same bits. */
import assert from 'node:assert/strict';
import { addToGroups } from '../../kernels/features.ts';
import { seed, uniform } from '../program/random.ts';

describe(`sums of groups (seed ${seed})`, () => {
  // Widths that fill registers or leave a rest; rows of one block and of several.
  for (const { rows, width, groups } of [
    { rows: 40, width: 1, groups: 3 },
    { rows: 300, width: 50, groups: 20 },
    { rows: 5000, width: 77, groups: 400 },
    { rows: 3000, width: 256, groups: 1 },
  ]) {
    it(`${rows} rows of ${width} in ${groups}`, async () => {
      const random = uniform(seed);
      const values = Float32Array.from({ length: rows * width }, () => random() - 0.5);
      const ofRow = Array.from({ length: rows }, () =>
        Array.from({ length: Math.floor(4 * random()) }, () => Math.floor(groups * random())),
      );
      const starts = new Uint32Array(rows + 1);
      for (const [row, of] of ofRow.entries()) starts[row + 1] = starts[row]! + of.length;
      const sums = Float64Array.from({ length: groups * width }, () => random());
      const expected = sums.slice();
      for (const [row, of] of ofRow.entries()) {
        for (const group of of) {
          for (let c = 0; c < width; c++) expected[group * width + c]! += values[row * width + c]!;
        }
      }
      await addToGroups(values, width, starts, Uint32Array.from(ofRow.flat()), sums);
      assert.deepEqual(sums, expected);
    });
  }

  it('of no rows stay', async () => {
    const sums = Float64Array.of(1, 2);
    await addToGroups(new Float32Array(0), 2, Uint32Array.of(0), new Uint32Array(0), sums);
    assert.deepEqual([...sums], [1, 2]);
  });
});
