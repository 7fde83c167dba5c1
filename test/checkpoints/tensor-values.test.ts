/** Numbers of every type, from their bits. */
import assert from 'node:assert/strict';
import { numbersOf, StatisticsBuilder } from '../../checkpoints/tensor-values.ts';

const bytesOf = (values: NodeJS.TypedArray | BigInt64Array) =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

describe('values of tensors', () => {
  it('F16: normal, least, infinite and NaN', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x03ff, 0x8001, 0x7c00, 0xfc00, 0x7e00, 0x8000);
    const expected = [
      1,
      -2,
      65504,
      2 ** -14,
      2 ** -24,
      1023 * 2 ** -24,
      -(2 ** -24),
      Infinity,
      -Infinity,
      Number.NaN,
      -0,
    ];
    assert.deepEqual([...numbersOf('F16', bytesOf(bits))], expected);
  });

  it('BF16 and integers, aligned or not', () => {
    assert.deepEqual([...numbersOf('BF16', bytesOf(Uint16Array.of(0x3f80, 0xbf00, 0x7f80)))], [1, -0.5, Infinity]);
    assert.deepEqual([...numbersOf('I64', bytesOf(BigInt64Array.of(-3n, 2n ** 40n)))], [-3, 2 ** 40]);
    const shifted = new Uint8Array(9);
    shifted.set(bytesOf(Float32Array.of(1.5, -2)), 1);
    assert.deepEqual([...numbersOf('F32', shifted.subarray(1))], [1.5, -2]);
    assert.deepEqual([...numbersOf('I16', bytesOf(Int16Array.of(-7)))], [-7]);
  });

  it('statistics over several chunks leave out what is not finite, and count it', () => {
    const builder = new StatisticsBuilder();
    builder.add(Float32Array.of(3, Number.NaN));
    builder.add(Float32Array.of(-4, Infinity, -Infinity));
    assert.deepEqual(builder.result(), { norm: 5, min: -4, max: 3, numNan: 1, numInfinite: 2 });
    assert.deepEqual(new StatisticsBuilder().result(), { norm: 0, min: null, max: null, numNan: 0, numInfinite: 0 });
  });
});
