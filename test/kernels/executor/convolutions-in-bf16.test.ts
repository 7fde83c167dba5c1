/** Convolutions in bf16 against the same in f32, in all widths that have kernels of ours. */
import assert from 'node:assert/strict';
import type { ConvolutionAttributes, OperationKind } from '../../../program/operations.ts';
import type { DType, Grid } from '../../../program/program.ts';
import { normals, seed, uniform } from '../../program/random.ts';
import { builderOf, execute } from '../../program/tiny-program.ts';
import { onEveryExecutor } from '../executors.ts';

const GRIDS: Grid[] = [
  { images: 3, height: 9, width: 7 },
  { images: 2, height: 6, width: 6 },
];

function pixels(grids: readonly Grid[]): number {
  return grids.reduce((sum, { images, height, width }) => sum + images * height * width, 0);
}

/** Numbers that are the same in bf16. */
function rounded(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.slice().buffer).map((word) => word & 0xffff0000);
  return new Float32Array(bits.buffer);
}

const KINDS = ['convolution', 'convolutionBackwardData', 'convolutionBackwardWeights'] as const;

interface Layer {
  readonly groups: number;
  /** Channels of a group, in and out. */
  readonly width: readonly [number, number];
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
}

/** What an operation makes of maps that are given in f32 and worked on in `dtype`. */
async function result(
  kind: (typeof KINDS)[number],
  { groups, width: [inWidth, outWidth], kernel, stride }: Layer,
  dtype: DType,
  threads = 1,
) {
  const [inputs, outputs] = [groups * inWidth, groups * outWidth];
  const smaller = GRIDS.map(({ images, height, width }) => {
    return { images, height: Math.ceil(height / stride), width: Math.ceil(width / stride) };
  });
  const net = builderOf('a convolution');
  const random = uniform(seed);
  const contents: Record<string, Float32Array> = {};
  const map = (name: string, grids: readonly Grid[], channels: number) => {
    const shape = [pixels(grids), channels];
    contents[name] = rounded(normals(random, shape[0]! * channels, 1));
    const given = net.value({ name, role: 'input', shape, grids });
    if (dtype === 'f32') return given;
    const converted = net.value({ name: `${name} in bf16`, role: 'intermediate', dtype, shape, grids });
    net.emit('convert', { inputs: { input: given }, outputs: { output: converted }, attributes: {} });
    return converted;
  };
  const weightShape = [outputs, inWidth, kernel, kernel];
  const weights = (role: 'parameter' | 'output') =>
    net.value({ name: 'weights', role, shape: weightShape, init: { kind: 'constant', value: 0 } });
  const attributes: ConvolutionAttributes = { kernel, stride, groups };
  let output: string;
  if (kind === 'convolutionBackwardWeights') {
    const given = { input: map('x', GRIDS, inputs), outputGradient: map('dy', smaller, outputs) };
    net.emit(kind, { inputs: given, outputs: { weightGradient: weights('output') }, attributes });
    output = 'weights';
  } else {
    const forward = kind === 'convolution';
    const [from, to, channels] = forward ? [GRIDS, smaller, outputs] : [smaller, GRIDS, inputs];
    const given = map('given', from, forward ? inputs : outputs);
    contents['weights'] = rounded(
      normals(
        random,
        weightShape.reduce((product, extent) => product * extent),
        0.1,
      ),
    );
    const weight = weights('parameter');
    const shape = [pixels(to), channels];
    const made = net.value({ name: 'made', role: 'intermediate', dtype, shape, grids: to });
    if (forward) {
      net.emit('convolution', { inputs: { input: given, weight }, outputs: { output: made }, attributes });
    } else {
      const inputGradient = { inputGradient: made };
      net.emit(kind, { inputs: { outputGradient: given, weight }, outputs: inputGradient, attributes });
    }
    // The mean over each image is read in f32, times each channel's own factor.
    const images = GRIDS.reduce((sum, grid) => sum + grid.images, 0);
    const pooled = net.value({ name: 'pooled', role: 'output', shape: [images, channels] });
    net.emit('globalPool', { inputs: { input: made }, outputs: { output: pooled }, attributes: {} });
    output = 'pooled';
  }
  return (await execute(net.program(), contents, { threads })).read(output);
}

function distance(found: Float32Array, exact: Float32Array): number {
  const square = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0);
  return Math.sqrt(square(found.map((x, i) => x - exact[i]!)) / square(exact));
}

// What goes in is the same in both; what comes out of bf16 is rounded once.
const BOUND = 2 ** -8;

onEveryExecutor(`convolutions with groups of 8 in bf16 (seed ${seed})`, () => {
  for (const kind of KINDS satisfies readonly OperationKind[]) {
    for (const groups of [2, 3, 5]) {
      for (const stride of [1, 2] as const) {
        it(`${kind}, ${groups} groups, stride ${stride}`, async () => {
          const layer: Layer = { groups, width: [8, 8], kernel: 3, stride };
          const apart = distance(await result(kind, layer, 'bf16'), await result(kind, layer, 'f32'));
          assert.ok(apart <= BOUND, `relative L2 ${apart}`);
        });
      }
    }
  }
});

onEveryExecutor(`gradients of weights in bf16 (seed ${seed})`, () => {
  const widths: readonly [groups: number, width: readonly [number, number], kernel: 1 | 3][] = [
    [1, [3, 5], 1],
    [1, [24, 40], 1],
    [1, [48, 32], 1],
    [1, [512, 528], 1], // threads share channels and not pixels
    [1, [520, 520], 1],
    [1, [3, 16], 3],
    [1, [24, 40], 3],
    [7, [4, 4], 3],
    [5, [8, 8], 3],
    [3, [16, 16], 3],
    [2, [24, 24], 3],
    [4, [56, 56], 3],
  ];
  for (const [groups, width, kernel] of widths) {
    for (const stride of [1, 2] as const) {
      it(`${kernel}x${kernel}, ${groups} x ${width.join(' to ')} channels, stride ${stride}, on 1 to 3 threads`, async () => {
        const layer: Layer = { groups, width, kernel, stride };
        const exact = await result('convolutionBackwardWeights', layer, 'f32');
        for (const threads of [1, 2, 3]) {
          const found = await result('convolutionBackwardWeights', layer, 'bf16', threads);
          const again = await result('convolutionBackwardWeights', layer, 'bf16', threads);
          assert.ok(distance(found, exact) <= BOUND, `relative L2 ${distance(found, exact)} on ${threads} threads`);
          assert.deepEqual(again, found, 'the same bits');
        }
      });
    }
  }
});
