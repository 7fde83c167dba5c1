/** What passes over maps in bf16 rounds each number once, in every lane: whole vectors, short ones and what is left over. */
import assert from 'node:assert/strict';
import { normals, seed, uniform } from '../../program/random.ts';
import { builderOf, execute } from '../../program/tiny-program.ts';
import { onEveryExecutor } from '../executors.ts';

const ROWS = 37;
const EPSILON = 1e-5;

/** relu(normalised x + residual) of maps whose images are single pixels, so that pooling reads them in f32. */
async function normalised(channels: number) {
  const random = uniform(seed);
  const net = builderOf('a normalisation');
  const grids = [{ images: ROWS, height: 1, width: 1 }];
  const contents: Record<string, Float32Array> = {};
  const given = (name: string, shape: readonly number[], values: Float32Array) => {
    contents[name] = values;
    return net.value({ name, role: 'input', shape });
  };
  const map = (name: string) => {
    const bits = new Uint32Array(normals(random, ROWS * channels).buffer).map((word) => word & 0xffff0000);
    contents[name] = new Float32Array(bits.buffer);
    const wide = net.value({ name, role: 'input', shape: [ROWS, channels], grids });
    const output = net.value({
      name: `${name}'`,
      role: 'intermediate',
      dtype: 'bf16',
      shape: [ROWS, channels],
      grids,
    });
    net.emit('convert', { inputs: { input: wide }, outputs: { output }, attributes: {} });
    return output;
  };
  const [input, residual] = [map('x'), map('r')];
  const mean = given('mean', [1, channels], normals(random, channels));
  const variance = given('variance', [1, channels], normals(random, channels).map(Math.abs));
  const scale = given('scale', [channels], normals(random, channels));
  const shift = given('shift', [channels], normals(random, channels));
  const output = net.value({ name: 'y', role: 'intermediate', dtype: 'bf16', shape: [ROWS, channels], grids });
  net.emit('batchNorm', {
    inputs: { input, residual, mean, variance, scale, shift },
    outputs: { output },
    attributes: { epsilon: EPSILON, activation: 'relu' },
  });
  const pooled = net.value({ name: 'pooled', role: 'output', shape: [ROWS, channels] });
  net.emit('globalPool', { inputs: { input: output }, outputs: { output: pooled }, attributes: {} });
  const found = (await execute(net.program(), contents)).read('pooled');
  const of = (name: string, index: number) => contents[name]![index]!;
  const expected = found.map((_, i) => {
    const c = i % channels;
    const gain = of('scale', c) / Math.sqrt(of('variance', c) + EPSILON);
    return Math.max(0, (of('x', i) - of('mean', c)) * gain + of('shift', c) + of('r', i));
  });
  return { found, expected };
}

onEveryExecutor(`maps in bf16 (seed ${seed})`, () => {
  for (const channels of [3, 8, 16, 29, 104]) {
    it(`a normalisation of ${channels} channels`, async () => {
      const { found, expected } = await normalised(channels);
      let [off, total] = [0, 0];
      found.forEach((value, i) => {
        const exact = expected[i]!;
        // Rounded to nearest, and what f32 loses where large numbers cancel.
        assert.ok(Math.abs(value - exact) <= 2 ** -8 * exact + 1e-4, `${value} at ${i}, expected ${exact}`);
        off += value - exact;
        total += exact;
      });
      assert.ok(Math.abs(off) <= 2 ** -8 * total, `${off} of ${total} off in the sum: rounding goes one way`);
    });
  }
});
