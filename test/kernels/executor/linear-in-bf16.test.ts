/** Linear layers that multiply in bf16 against the same in f32, of sizes that fill no tiles and of sizes that fill many. */
import assert from 'node:assert/strict';
import type { DType } from '../../../program/values.ts';
import { normals, seed, uniform } from '../../program/random.ts';
import { builderOf, execute } from '../../program/tiny-program.ts';

interface Sizes {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** Output and gradients of one layer; what is multiplied is the same in bf16 and f32. */
async function results({ rows, inputs, outputs }: Sizes, factors: 'f32' | 'bf16', weightType: DType, threads: number) {
  const net = builderOf('a linear layer');
  const random = uniform(seed);
  const contents: Record<string, Float32Array> = {};
  const given = (name: string, shape: readonly number[]) => {
    const bits = new Uint32Array(normals(random, shape[0]! * (shape[1] ?? 1), 1).buffer).map(
      (word) => word & 0xffff0000,
    );
    contents[name] = new Float32Array(bits.buffer);
    return net.value({ name, role: 'input', shape });
  };
  const made = (name: string, shape: readonly number[]) => net.value({ name, role: 'output', shape });
  const input = given('x', [rows, inputs]);
  const outputGradient = given('dy', [rows, outputs]);
  const bias = given('b', [outputs]);
  let weight = given('w', [outputs, inputs]);
  if (weightType === 'bf16') {
    const converted = net.value({ name: 'w in bf16', role: 'intermediate', dtype: 'bf16', shape: [outputs, inputs] });
    net.emit('convert', { inputs: { input: weight }, outputs: { output: converted }, attributes: {} });
    weight = converted;
  }
  const attributes = { factors };
  net.emit('linear', { inputs: { input, weight, bias }, outputs: { output: made('y', [rows, outputs]) }, attributes });
  net.emit('linearBackwardData', {
    inputs: { outputGradient, weight },
    outputs: { inputGradient: made('dx', [rows, inputs]) },
    attributes,
  });
  net.emit('linearBackwardWeights', {
    inputs: { input, outputGradient },
    outputs: { weightGradient: made('dw', [outputs, inputs]), biasGradient: made('db', [outputs]) },
    attributes,
  });
  const executor = await execute(net.program(), contents, { threads });
  return new Map(['y', 'dx', 'dw', 'db'].map((name) => [name, executor.read(name)]));
}

describe(`linear layers in bf16 (seed ${seed})`, () => {
  for (const sizes of [
    { rows: 1, inputs: 3, outputs: 5 },
    { rows: 17, inputs: 26, outputs: 104 },
    { rows: 48, inputs: 640, outputs: 129 },
    { rows: 80, inputs: 1100, outputs: 700 },
  ]) {
    for (const weightType of ['f32', 'bf16'] as const) {
      it(`${sizes.rows} rows, ${sizes.inputs} to ${sizes.outputs}, weights in ${weightType}`, async () => {
        const exact = await results(sizes, 'f32', weightType, 1);
        for (const threads of [1, 2, 3]) {
          const found = await results(sizes, 'bf16', weightType, threads);
          for (const [name, values] of found) {
            const expected = exact.get(name)!;
            const scale = Math.sqrt(expected.reduce((sum, x) => sum + x * x, 0) / expected.length);
            // Products of bf16 numbers are exact in f32; only the order of the sums differs.
            const worst = values.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i]!)), 0);
            assert.ok(worst <= 1e-4 * scale, `${name} on ${threads} threads: off by ${worst}, of ${scale}`);
          }
        }
      });
    }
  }
});
