/** Convolutions in bf16 against the same in f32, in all widths that have kernels of ours. */
import assert from 'node:assert/strict';
import type { ConvolutionAttributes, OperationKind } from '../../../program/operations.ts';
import type { DType, Grid } from '../../../program/values.ts';
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
  { added = false, broken }: { added?: boolean; broken?: number } = {},
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
    const width = forward ? inputs : outputs;
    const given = map('given', from, width);
    if (broken !== undefined) contents['given']!.fill(Number.NaN, broken * width, (broken + 1) * width);
    contents['weights'] = rounded(
      normals(
        random,
        weightShape.reduce((product, extent) => product * extent),
        0.1,
      ),
    );
    const weight = weights('parameter');
    const shape = [pixels(to), channels];
    const inBf16 = dtype === 'bf16';
    const made = net.value({ name: 'made', role: inBf16 ? 'intermediate' : 'output', dtype, shape, grids: to });
    // A gradient may be added to what other users of the map have left.
    const accumulate = added ? map('added', to, channels) : undefined;
    if (forward) {
      net.emit('convolution', { inputs: { input: given, weight }, outputs: { output: made }, attributes });
    } else {
      const inputs = { outputGradient: given, weight, ...(accumulate === undefined ? {} : { accumulate }) };
      net.emit(kind, { inputs, outputs: { inputGradient: made }, attributes });
    }
    output = 'made';
    if (inBf16) {
      output = 'made, widened';
      const widened = net.value({ name: output, role: 'output', shape, grids: to });
      net.emit('convert', { inputs: { input: made }, outputs: { output: widened }, attributes: {} });
    }
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

const WIDTHS: readonly [groups: number, width: readonly [number, number], kernel: 1 | 3][] = [
  [1, [3, 5], 1],
  [1, [24, 40], 1],
  [1, [48, 32], 1],
  [1, [104, 16], 1],
  [1, [512, 528], 1], // threads share channels and not pixels
  [1, [520, 520], 1],
  [1, [2016, 64], 1],
  [1, [64, 2016], 1], // weights of several panels
  [1, [3, 16], 3],
  [1, [24, 40], 3],
  [7, [4, 4], 3],
  [5, [8, 8], 3],
  [3, [16, 16], 3],
  [2, [24, 24], 3],
  [4, [56, 56], 3],
  [3, [112, 112], 3],
];

onEveryExecutor(`convolutions of many widths in bf16 (seed ${seed})`, () => {
  for (const kind of KINDS) {
    for (const [groups, width, kernel] of WIDTHS) {
      for (const stride of [1, 2] as const) {
        it(`${kind} ${kernel}x${kernel}, ${groups} x ${width.join(' to ')} channels, stride ${stride}, on 1 to 3 threads`, async () => {
          const layer: Layer = { groups, width, kernel, stride };
          const exact = await result(kind, layer, 'f32');
          for (const threads of [1, 2, 3]) {
            const found = await result(kind, layer, 'bf16', threads);
            const again = await result(kind, layer, 'bf16', threads);
            assert.ok(distance(found, exact) <= BOUND, `relative L2 ${distance(found, exact)} on ${threads} threads`);
            assert.deepEqual(again, found, 'the same bits');
          }
        });
      }
    }
  }
  for (const kind of ['convolution', 'convolutionBackwardData'] as const) {
    it(`${kind} 1x1: what is not a number stays in its pixel`, async () => {
      const width = [24, 40] as const;
      const layer: Layer = { groups: 1, width, kernel: 1, stride: 1 };
      const channels = width[kind === 'convolution' ? 1 : 0];
      const made = await result(kind, layer, 'bf16', 1, { broken: 5 });
      for (let pixel = 0; pixel < pixels(GRIDS); pixel++) {
        const own = made.subarray(pixel * channels, (pixel + 1) * channels);
        assert.ok(
          own.every((x) => Number.isNaN(x) === (pixel === 5)),
          `pixel ${pixel}`,
        );
      }
    });
  }
  for (const width of [
    [24, 40],
    [448, 448],
  ] as const) {
    it(`the gradient of the data is added, ${width.join(' to ')} channels`, async () => {
      const layer: Layer = { groups: 1, width, kernel: 1, stride: 1 };
      const exact = await result('convolutionBackwardData', layer, 'f32', 1, { added: true });
      for (const threads of [1, 2, 3]) {
        const found = await result('convolutionBackwardData', layer, 'bf16', threads, { added: true });
        assert.ok(distance(found, exact) <= BOUND, `relative L2 ${distance(found, exact)} on ${threads} threads`);
      }
    });
  }
});
