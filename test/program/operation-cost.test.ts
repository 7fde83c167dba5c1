/** Costs of operations against model/cost.ts, and against small cases worked out by hand. */
import assert from 'node:assert/strict';
import { trunkCost } from '../../model/cost.ts';
import { operationCost, totalCost } from '../../program/operation-cost.ts';
import type { Program } from '../../program/program.ts';
import { shard } from '../../program/shard.ts';
import { withRecompute } from '../../program/training-step.ts';
import { smallSpec, smallStep } from './small-step.ts';
import { oneOperation } from './tiny-program.ts';

function costs(program: Program) {
  return program.operations.map((operation) => ({ operation, ...operationCost(program, operation) }));
}

/** [multiply-adds, bytes read, bytes written] of a program of one operation. */
function costOf(program: Program): [number, number, number] {
  const [{ multiplyAdds, bytesRead, bytesWritten }] = costs(program) as [ReturnType<typeof costs>[number]];
  return [multiplyAdds, bytesRead, bytesWritten];
}

const GRIDS = [
  { images: 8, height: 40, width: 40 },
  { images: 12, height: 23, width: 23 },
];

describe('operationCost of a whole step', () => {
  const spec = smallSpec({ grids: GRIDS });
  const program = smallStep({ grids: GRIDS });

  it("gives each unit of the trunk the multiply-adds of model/cost.ts, times the images' number", () => {
    const expected = GRIDS.map(({ images, height }) => ({ images, parts: trunkCost(spec.trunk, height).parts }));
    for (const [index, { name }] of expected[0]!.parts.entries()) {
      const own = costs(program).filter(({ operation: { unit, phase } }) => unit === name && phase === 'forward');
      const sum = expected.reduce((total, { images, parts }) => total + images * parts[index]!.multiplyAdds, 0);
      assert.equal(totalCost(own).multiplyAdds, sum, name);
    }
  });

  it('gives the backward pass twice the arithmetic of the forward pass, but for the gradient of the images', () => {
    const sum = (phase: string) =>
      totalCost(costs(program).filter(({ operation }) => operation.phase === phase)).multiplyAdds;
    const stem = costs(program).find(({ operation }) => operation.kind === 'convolution')!.multiplyAdds;
    // The scores of the queue have no gradient.
    const queue = costs(program).find(({ operation: { kind, outputs } }) => {
      return kind === 'linear' && program.values[(outputs as { output: number }).output]!.name === 'queue scores';
    })!;
    assert.equal(sum('backward'), 2 * (sum('forward') - queue.multiplyAdds) - stem);
  });

  it('is finite and not negative for every operation, also with recomputation and on ranks', () => {
    const grids = spec.grids.map((grid) => ({ ...grid, images: grid.images / 2 }));
    const half = withRecompute(smallStep({ grids, keepGradients: false }), {});
    for (const whole of [
      withRecompute(program, {}),
      shard(half, { rank: 0, worldSize: 2, precision: 'f32' }).program,
    ]) {
      for (const { operation, multiplyAdds, bytesRead, bytesWritten } of costs(whole)) {
        for (const number of [multiplyAdds, bytesRead, bytesWritten]) {
          assert.ok(Number.isSafeInteger(number) && number >= 0, `${operation.kind}: ${number}`);
        }
      }
    }
  });
});

describe('operationCost by hand', () => {
  const bf16Map = (grid: { images: number; height: number; width: number }, channels: number) => ({
    dtype: 'bf16' as const,
    grids: [grid],
    shape: [grid.images * grid.height * grid.width, channels],
  });
  // 2 images of 6 x 5, and what a stride of 2 makes of them: 3 x 3.
  const large = { images: 2, height: 6, width: 5 };
  const small = { images: 2, height: 3, width: 3 };

  it('a grouped 3x3 convolution of stride 2, and its gradients', () => {
    const attributes = { kernel: 3, stride: 2, groups: 2 };
    const [input, output, weight] = [bf16Map(large, 4), bf16Map(small, 8), [8, 2, 3, 3]];
    const products = 18 * 8 * (4 / 2) * 9;
    const [inputBytes, outputBytes, weightBytes] = [60 * 4 * 2, 18 * 8 * 2, 144 * 4];
    const forward = oneOperation('convolution', { inputs: { input, weight }, outputs: { output }, attributes });
    assert.deepEqual(costOf(forward), [products, inputBytes + weightBytes, outputBytes]);
    const data = oneOperation('convolutionBackwardData', {
      inputs: { outputGradient: output, weight },
      outputs: { inputGradient: input },
      attributes,
    });
    assert.deepEqual(costOf(data), [products, outputBytes + weightBytes, inputBytes]);
    const weights = oneOperation('convolutionBackwardWeights', {
      inputs: { input, outputGradient: output },
      outputs: { weightGradient: weight },
      attributes,
    });
    assert.deepEqual(costOf(weights), [products, inputBytes + outputBytes, weightBytes]);
  });

  it('a 1x1 convolution of stride 2 reads only the pixels that it sees', () => {
    const attributes = { kernel: 1, stride: 2, groups: 1 };
    const forward = oneOperation('convolution', {
      inputs: { input: bf16Map(large, 4), weight: [8, 4, 1, 1] },
      outputs: { output: bf16Map(small, 8) },
      attributes,
    });
    assert.deepEqual(costOf(forward), [18 * 8 * 4, 18 * 4 * 2 + 32 * 4, 18 * 8 * 2]);
  });

  it('a 1x1 gradient that adds to one that is there reads it too', () => {
    const data = oneOperation('convolutionBackwardData', {
      inputs: { outputGradient: bf16Map(small, 8), weight: [8, 4, 1, 1], accumulate: bf16Map(small, 4) },
      outputs: { inputGradient: bf16Map(small, 4) },
      attributes: { kernel: 1, stride: 1, groups: 1 },
    });
    assert.deepEqual(costOf(data), [18 * 8 * 4, (18 * 8 + 18 * 4) * 2 + 32 * 4, 18 * 4 * 2]);
  });

  it('a linear layer and its gradients', () => {
    const [input, weight, output] = [
      [5, 3],
      [7, 3],
      [5, 7],
    ];
    const forward = oneOperation('linear', { inputs: { input, weight, bias: [7] }, outputs: { output } });
    assert.deepEqual(costOf(forward), [105, (15 + 21 + 7) * 4, 35 * 4]);
    const data = oneOperation('linearBackwardData', {
      inputs: { outputGradient: output, weight },
      outputs: { inputGradient: input },
    });
    assert.deepEqual(costOf(data), [105, (35 + 21) * 4, 15 * 4]);
    const weights = oneOperation('linearBackwardWeights', {
      inputs: { input, outputGradient: output },
      outputs: { weightGradient: weight, biasGradient: [7] },
    });
    // The output's gradient twice: the bias sums it up by itself.
    assert.deepEqual(costOf(weights), [105, (15 + 35 + 35) * 4, (21 + 7) * 4]);
  });

  it('batch norm passes once over its maps, and twice backward', () => {
    const map = bf16Map(small, 8);
    const [mapBytes, moment, affine] = [18 * 8 * 2, [1, 8], [8]];
    const statistics = { mean: moment, variance: moment, scale: affine, shift: affine };
    const attributes = { epsilon: 1e-5, activation: 'relu' as const };
    const moments = oneOperation('batchNormMoments', {
      inputs: { input: map },
      outputs: { mean: moment, variance: moment },
    });
    assert.deepEqual(costOf(moments), [0, mapBytes, 64]);
    const forward = oneOperation('batchNorm', {
      inputs: { input: map, ...statistics, residual: map },
      outputs: { output: map },
      attributes,
    });
    assert.deepEqual(costOf(forward), [0, 2 * mapBytes + 128, mapBytes]);
    const backward = oneOperation('batchNormBackward', {
      inputs: { input: map, ...statistics, outputGradient: map, output: map },
      outputs: { inputGradient: map, residualGradient: map, scaleGradient: affine, shiftGradient: affine },
      attributes,
    });
    assert.deepEqual(costOf(backward), [0, 2 * 3 * mapBytes + 128, 2 * mapBytes + 64]);
  });

  it('what is changed in place is read and written, and waiting touches nothing', () => {
    const scalar = [1];
    const rows = oneOperation('normalizeRows', { inputs: { applied: scalar }, updates: { weight: [6, 2] } });
    assert.deepEqual(costOf(rows), [0, 48 + 4, 48]);
    const program = oneOperation('add', { inputs: { left: [4], right: [4] }, outputs: { output: [4] } });
    assert.deepEqual(costOf(program), [0, 32, 16]);
    const base = { unit: 'u', phase: 'forward', outputs: {}, updates: {}, attributes: {} } as const;
    const waiting = { ...program, operations: [{ ...base, kind: 'await', inputs: { values: [0, 1] } }] } as const;
    assert.deepEqual(costOf(waiting), [0, 0, 0]);
  });
});
