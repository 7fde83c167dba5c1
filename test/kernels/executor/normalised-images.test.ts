import assert from 'node:assert/strict';
import type { Executor } from '../../../kernels/executor.ts';
import { valueNamed } from '../../../program/program.ts';
import { STEP, trainingStep } from '../../../program/training-step.ts';
import { elements } from '../../../program/values.ts';
import { integer, seed, uniform } from '../../program/random.ts';
import { smallSpec } from '../../program/small-step.ts';
import { allocate, oneOperation } from '../../program/tiny-program.ts';
import { onEveryExecutor } from '../executors.ts';

const mean = [0.485, 0.456, 0.406];
const deviation = [0.229, 0.224, 0.225];

onEveryExecutor(`executor: images normalised elsewhere (seed ${seed})`, (on) => {
  async function loss(executor: Executor, images: { [name: string]: Uint8Array | Float32Array }): Promise<number> {
    executor.initialise(seed);
    executor.write(STEP.control, Float32Array.of(0.1, 0));
    for (const [name, values] of Object.entries(images)) executor.write(name, values);
    await executor.run();
    assert.equal(executor.read(STEP.applied)[0], 1);
    return executor.read(STEP.loss)[0]!;
  }

  for (const precision of ['f32', 'bf16'] as const) {
    it(`${precision}: give the loss of the decoded crops${on === 'oneDNN' ? ', bit for bit' : ''}`, async () => {
      const decoded = trainingStep(smallSpec({ precision, input: { dtype: 'u8', mean, deviation } }));
      const normalised = trainingStep(smallSpec({ precision, input: { dtype: 'f32' } }));
      const random = uniform(seed);
      const crops = Uint8Array.from({ length: elements(valueNamed(decoded, STEP.crops)) }, () =>
        integer(random, 0, 255),
      );
      const images = Float32Array.from(crops, (byte, i) => (byte / 255 - mean[i % 3]!) / deviation[i % 3]!);
      const expected = await loss(allocate(decoded), { [STEP.crops]: crops });
      const found = await loss(allocate(normalised), { [STEP.images]: images });
      // TensorFlow computes in f32 what a table of ours has from f64.
      const bound = on === 'oneDNN' ? 0 : precision === 'f32' ? 1e-5 : 2 ** -8;
      assert.ok(Math.abs(found - expected) <= bound * expected, `${found}, expected ${expected}`);
    });
  }
});

describe('executor: a convolution from one type to another', () => {
  it('is refused', () => {
    const grids = [{ images: 1, height: 4, width: 4 }];
    const program = oneOperation('convolution', {
      inputs: { input: { shape: [16, 3], grids }, weight: [8, 3, 3, 3] },
      outputs: { output: { shape: [16, 8], grids, dtype: 'bf16' } },
      attributes: { kernel: 3, stride: 1, groups: 1 },
    });
    assert.throws(() => allocate(program), /input and output must be of one type/);
  });
});
