/** Convolutions with groups of 8 channels in bf16, odd and even in number, against the same in f32. */
import assert from 'node:assert/strict';
import type { ConvolutionAttributes, OperationKind } from '../../../program/operations.ts';
import type { DType, Grid } from '../../../program/program.ts';
import { normals, seed, uniform } from '../../program/random.ts';
import { builderOf, execute } from '../../program/tiny-program.ts';

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

/** What an operation makes of maps that are given in f32 and worked on in `dtype`. */
async function result(kind: (typeof KINDS)[number], groups: number, stride: number, dtype: DType) {
  const channels = groups * 8;
  const smaller = GRIDS.map(({ images, height, width }) => {
    return { images, height: Math.ceil(height / stride), width: Math.ceil(width / stride) };
  });
  const net = builderOf('paired groups');
  const random = uniform(seed);
  const contents: Record<string, Float32Array> = {};
  const map = (name: string, grids: readonly Grid[]) => {
    const shape = [pixels(grids), channels];
    contents[name] = rounded(normals(random, shape[0]! * channels, 1));
    const given = net.value({ name, role: 'input', shape, grids });
    if (dtype === 'f32') return given;
    const converted = net.value({ name: `${name} in bf16`, role: 'intermediate', dtype, shape, grids });
    net.emit('convert', { inputs: { input: given }, outputs: { output: converted }, attributes: {} });
    return converted;
  };
  const weights = (role: 'parameter' | 'output') =>
    net.value({ name: 'weights', role, shape: [channels, 8, 3, 3], init: { kind: 'constant', value: 0 } });
  const attributes: ConvolutionAttributes = { kernel: 3, stride, groups };
  let output: string;
  if (kind === 'convolutionBackwardWeights') {
    const inputs = { input: map('x', GRIDS), outputGradient: map('dy', smaller) };
    net.emit(kind, { inputs, outputs: { weightGradient: weights('output') }, attributes });
    output = 'weights';
  } else {
    const forward = kind === 'convolution';
    const [from, to] = forward ? [GRIDS, smaller] : [smaller, GRIDS];
    const given = map('given', from);
    contents['weights'] = rounded(normals(random, channels * 72, 0.1));
    const weight = weights('parameter');
    const shape = [pixels(to), channels];
    const made = net.value({ name: 'made', role: 'intermediate', dtype, shape, grids: to });
    if (forward) {
      net.emit('convolution', { inputs: { input: given, weight }, outputs: { output: made }, attributes });
    } else {
      const outputs = { inputGradient: made };
      net.emit('convolutionBackwardData', { inputs: { outputGradient: given, weight }, outputs, attributes });
    }
    // The mean over each image is read in f32, times each channel's own factor.
    const images = GRIDS.reduce((sum, grid) => sum + grid.images, 0);
    const pooled = net.value({ name: 'pooled', role: 'output', shape: [images, channels] });
    net.emit('globalPool', { inputs: { input: made }, outputs: { output: pooled }, attributes: {} });
    output = 'pooled';
  }
  return (await execute(net.program(), contents)).read(output);
}

describe(`convolutions with groups of 8 (seed ${seed})`, () => {
  for (const kind of KINDS satisfies readonly OperationKind[]) {
    for (const groups of [2, 3, 5]) {
      for (const stride of [1, 2]) {
        it(`${kind}, ${groups} groups, stride ${stride}`, async () => {
          const [exact, found] = [
            await result(kind, groups, stride, 'f32'),
            await result(kind, groups, stride, 'bf16'),
          ];
          const square = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0);
          const apart = Math.sqrt(square(found.map((x, i) => x - exact[i]!)) / square(exact));
          // What goes in is the same in both; what comes out of bf16 is rounded once.
          assert.ok(apart <= 2 ** -8, `relative L2 ${apart}`);
        });
      }
    }
  }
});
