/** Every rule of differentiation against finite differences, in programs before and after fusion. */
import assert from 'node:assert/strict';
import { regnetTrunk } from '../../model/regnet.ts';
import { projectionHead } from '../../model/swav.ts';
import { trunk } from '../../model/trunk.ts';
import type { ProgramBuilder } from '../../program/builder.ts';
import { fuse } from '../../program/fuse.ts';
import type { OperationKind } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import { type Grid, imageCount, pixels, type ValueId } from '../../program/values.ts';
import { onEveryExecutor } from '../kernels/executors.ts';
import { checkGradients, type GradientCheck } from './finite-differences.ts';
import { integer, oneOf, seed, uniform } from './random.ts';

const TRIALS = 3;

type BackwardKind = Extract<OperationKind, `${string}Backward${string}`>;

/** Complete by type: a new backward operation has to be named here, and then to occur below. */
const uncovered: Record<BackwardKind, boolean> = {
  convolutionBackwardData: true,
  convolutionBackwardWeights: true,
  batchNormBackward: true,
  exciteBackward: true,
  squeezeBackward: true,
  activationBackward: true,
  globalPoolBackward: true,
  gateBackward: true,
  linearBackwardData: true,
  linearBackwardWeights: true,
  l2NormalizeBackward: true,
  swavLossBackward: true,
  crossEntropyBackward: true,
};

/** What a case draws its program from: two resolutions with odd sides among them, widths that are no multiple of 8. */
interface Draw {
  readonly random: () => number;
  readonly grids: readonly Grid[];
  readonly channels: number;
  /** A feature map of the draw's shape. */
  readonly map: (net: ProgramBuilder, name?: string) => ValueId;
  /** One row per image. */
  readonly rows: (net: ProgramBuilder, name?: string, width?: number) => ValueId;
}

function draw(random: () => number): Draw {
  const side = () => integer(random, 3, 9);
  const grids = [1, 2].map(() => ({ images: integer(random, 1, 3), height: side(), width: side() }));
  const channels = oneOf(random, [1, 3, 7, 12, 19, 33]);
  const map = (net: ProgramBuilder, name = 'x') =>
    net.value({ name, role: 'input', shape: [pixels(grids), channels], grids });
  const rows = (net: ProgramBuilder, name = 'x', width = channels) =>
    net.value({ name, role: 'input', shape: [imageCount(grids), width] });
  return { random, grids, channels, map, rows };
}

type Case = readonly [
  title: string,
  build: (net: ProgramBuilder, draw: Draw) => ValueId,
  options?: Pick<GradientCheck, 'awayFromKinks' | 'prepare' | 'roundings'>,
];

const pointwise = (outputChannels: number, stride = 1) => ({ outputChannels, kernel: 1, stride, groups: 1 });
const smooth = ['silu', 'sigmoid'] as const;

const cases: readonly Case[] = [
  ['pointwise convolution', (net, d) => net.convolution(d.map(net), 'conv', pointwise(integer(d.random, 1, 20)))],
  [
    'strided pointwise convolution',
    (net, d) => net.convolution(d.map(net), 'conv', pointwise(integer(d.random, 1, 20), 2)),
  ],
  [
    'convolution 3x3',
    (net, d) => {
      const stride = oneOf(d.random, [1, 2]);
      return net.convolution(d.map(net), 'conv', {
        outputChannels: integer(d.random, 1, 20),
        kernel: 3,
        stride,
        groups: 1,
      });
    },
  ],
  [
    'grouped convolution 3x3',
    (net, d) => {
      const [groups, width] = [integer(d.random, 2, 4), integer(d.random, 1, 9)];
      const shape = [pixels(d.grids), groups * width];
      const x = net.value({ name: 'x', role: 'input', shape, grids: d.grids });
      const stride = oneOf(d.random, [1, 2]);
      return net.convolution(x, 'conv', {
        outputChannels: groups * integer(d.random, 1, 9),
        kernel: 3,
        stride,
        groups,
      });
    },
  ],
  [
    'pointwise convolutions that share their input',
    (net, d) => {
      const x = d.map(net);
      return net.add(net.convolution(x, 'left', pointwise(5)), net.convolution(x, 'right', pointwise(5)));
    },
  ],
  [
    'strided convolutions that share their input',
    (net, d) => {
      const x = d.map(net);
      const spatial = { outputChannels: 5, kernel: 3, stride: 2, groups: 1 };
      return net.add(net.convolution(x, 'left', spatial), net.convolution(x, 'right', pointwise(5, 2)));
    },
  ],
  [
    'convolution 3x3 beside a shortcut',
    (net, d) => {
      const x = d.map(net);
      return net.add(net.convolution(x, 'conv', { outputChannels: d.channels, kernel: 3, stride: 1, groups: 1 }), x);
    },
  ],
  [
    'pointwise convolution beside a shortcut',
    (net, d) => {
      // Between other layers, so that no gradient is kept and all may be written in place.
      const x = net.activation(d.map(net), 'silu');
      return net.activation(net.add(net.convolution(x, 'conv', pointwise(d.channels)), x), 'silu');
    },
  ],
  ['batch norm', (net, d) => net.batchNorm(d.map(net), 'bn')],
  ['batch norm without scale and shift', (net, d) => net.batchNorm(d.map(net), 'bn', { affine: false })],
  ['batch norm, relu', (net, d) => net.activation(net.batchNorm(d.map(net), 'bn'), 'relu'), { awayFromKinks: 'x' }],
  ['batch norm, silu', (net, d) => net.activation(net.batchNorm(d.map(net), 'bn'), 'silu')],
  ['batch norm, residual', (net, d) => net.add(net.batchNorm(d.map(net), 'bn'), d.map(net, 'shortcut'))],
  [
    'batch norm, residual, relu',
    (net, d) => net.activation(net.add(net.batchNorm(d.map(net), 'bn'), d.map(net, 'shortcut')), 'relu'),
    { awayFromKinks: 'shortcut' },
  ],
  [
    'batch norm, residual, silu',
    (net, d) => net.activation(net.add(net.batchNorm(d.map(net), 'bn'), d.map(net, 'shortcut')), 'silu'),
  ],
  [
    'batch norm of its own residual',
    (net, d) => {
      const x = d.map(net);
      return net.activation(net.add(net.batchNorm(x, 'bn'), x), 'relu');
    },
    { awayFromKinks: 'x' },
  ],
  [
    'two batch norms, relu',
    (net, d) => {
      const [x, y] = [d.map(net), d.map(net, 'y')];
      return net.activation(net.add(net.batchNorm(x, 'bn'), net.batchNorm(y, 'shortcut')), 'relu');
    },
    { awayFromKinks: 'x' },
  ],
  ['relu', (net, d) => net.activation(d.map(net), 'relu'), { awayFromKinks: 'x' }],
  ['silu or sigmoid', (net, d) => net.activation(d.map(net), oneOf(d.random, smooth))],
  ['silu or sigmoid of rows', (net, d) => net.activation(d.rows(net), oneOf(d.random, smooth))],
  ['add', (net, d) => net.add(d.map(net), d.map(net, 'y'))],
  [
    'add a value to itself',
    (net, d) => {
      const x = d.map(net);
      return net.add(x, x);
    },
  ],
  ['global pool', (net, d) => net.globalPool(d.map(net))],
  ['gate', (net, d) => net.gate(d.map(net), d.rows(net, 'gate'))],
  ['squeeze and excite, relu', (net, d) => squeezeAndExcite(net, d, 'relu'), { awayFromKinks: 'x' }],
  ['squeeze and excite, silu', (net, d) => squeezeAndExcite(net, d, 'silu')],
  ['squeeze and excite, no activation', (net, d) => squeezeAndExcite(net, d, 'none')],
  [
    'linear',
    (net, d) =>
      net.linear(d.rows(net), 'fc', integer(d.random, 1, 40), { bias: oneOf(d.random, [true, false]), init: 'normal' }),
  ],
  [
    'linear with a pointwise weight',
    (net, d) => net.linear(d.rows(net), 'fc', 9, { bias: true, pointwise: true, init: 'kaiming' } as const),
  ],
  ['unit rows', (net, d) => net.l2Normalize(d.rows(net, 'x', integer(d.random, 2, 40)))],
  ['swav loss', swavLoss, { prepare: makeCodes }],
  ['cross-entropy, softmax', (net, d) => crossEntropy(net, d, 'softmax'), { prepare: makeClasses }],
  ['cross-entropy, sigmoid', (net, d) => crossEntropy(net, d, 'sigmoid'), { prepare: makeSets }],
  [
    'head with batch norms',
    (net, d) => {
      const spec = { widths: [11, 6], batchNorm: 'hidden-and-output', prototypes: 5 } as const;
      const rows = net.value({ name: 'x', role: 'input', shape: [16, d.channels + 3] });
      return projectionHead(net, spec, rows);
    },
    { prepare: openOrClosed, roundings: 600 },
  ],
  ['RegNetY trunk', (net, d) => smallTrunk(net, d, 'regnety'), { prepare: openOrClosed, roundings: 100 }],
  ['RegNetZ trunk', (net, d) => smallTrunk(net, d, 'regnetz'), { roundings: 100 }],
];

/** As in a block: the gate depends on the pooled map that it gates. */
function squeezeAndExcite(net: ProgramBuilder, d: Draw, activation: 'relu' | 'silu' | 'none'): ValueId {
  const z = net.batchNorm(d.map(net), 'bn');
  const y = activation === 'none' ? z : net.activation(z, activation);
  const options = { bias: true, pointwise: true, init: 'kaiming' } as const;
  const squeezed = net.activation(net.linear(net.globalPool(y), 'fc1', 3, options), 'silu');
  return net.gate(y, net.activation(net.linear(squeezed, 'fc2', d.channels, options), 'sigmoid'));
}

function swavLoss(net: ProgramBuilder, d: Draw): ValueId {
  const [assignedCrops, crops] = oneOf(d.random, [
    [2, 6],
    [2, 2],
    [1, 3],
  ] as const);
  const [batch, prototypes] = [integer(d.random, 1, 5), integer(d.random, 2, 30)];
  const scores = net.value({ name: 'scores', role: 'input', shape: [crops * batch, prototypes] });
  const codes = net.value({ name: 'constant codes', role: 'input', shape: [assignedCrops * batch, prototypes] });
  const loss = net.value({ name: 'loss', role: 'output', shape: [1] });
  const attributes = { assignedCrops, crops, temperature: oneOf(d.random, [0.2, 0.5]) };
  net.emit('swavLoss', { inputs: { scores, codes }, outputs: { loss }, attributes });
  return loss;
}

/** Codes are positive; their rows need not sum to 1 for the gradient to be right. */
function makeCodes(contents: Record<string, Float32Array>): void {
  contents['constant codes'] = contents['constant codes']!.map(Math.abs);
}

function crossEntropy(net: ProgramBuilder, d: Draw, form: 'softmax' | 'sigmoid'): ValueId {
  const [rows, classes] = [integer(d.random, 1, 9), integer(d.random, 4, 30)];
  const scores = net.value({ name: 'scores', role: 'input', shape: [rows, classes] });
  const shape = form === 'softmax' ? [rows] : [rows, classes];
  const labels = net.value({ name: 'constant labels', role: 'input', shape });
  const loss = net.value({ name: 'loss', role: 'output', shape: [1] });
  net.emit('crossEntropy', { inputs: { scores, labels }, outputs: { loss }, attributes: { form } });
  return loss;
}

/** The numbers of the first four classes. */
function makeClasses(contents: Record<string, Float32Array>): void {
  contents['constant labels'] = contents['constant labels']!.map((x) => Math.min(3, Math.floor(Math.abs(x) * 2)));
}

/** Present, absent and not known. */
function makeSets(contents: Record<string, Float32Array>): void {
  contents['constant labels'] = contents['constant labels']!.map((x) => (x > 0.5 ? 1 : x > -0.8 ? 0 : -1));
}

/** Stem and two blocks, the first with a projection and the second with an identity where the kind has them. */
function smallTrunk(net: ProgramBuilder, d: Draw, kind: 'regnety' | 'regnetz'): ValueId {
  const grids = d.grids.map(({ height, width }) => ({ images: 3, height: height + 8, width: width + 6 }));
  const spec = regnetTrunk({ kind, stemWidth: 5, stages: [{ depth: 2, width: 12, groupWidth: 4 }] });
  return trunk(net, spec, net.normalizedImages(grids)).pooled;
}

/** Shifts so large that each channel's ReLU is open or closed throughout: such a network has no kinks within reach. */
function openOrClosed(contents: Record<string, Float32Array>): void {
  const shift = 6;
  for (const [name, values] of Object.entries(contents)) {
    if (/bn\d?\.weight$/.test(name)) contents[name] = values.map((value) => value * 0.3);
    if (/(bn\d?|fc1)\.bias$/.test(name))
      contents[name] = values.map((value, c) => value + (c % 3 === 0 ? -shift : shift));
    // The head's weights start smaller than a step of the differences.
    if (/head\.\d\.weight$/.test(name)) contents[name] = values.map((value) => value * 30);
    // They meet what is as large as the shift, in every open channel.
    if (/fc1\.weight$/.test(name)) contents[name] = values.map((value) => value * 0.02);
  }
}

const passes = { unfused: (program: Program) => program, fused: fuse } as const;

onEveryExecutor(`differentiate, against finite differences (seed ${seed})`, () => {
  for (const [index, [title, build, options]] of cases.entries()) {
    for (const [passName, pass] of Object.entries(passes)) {
      it(`${title}, ${passName}`, async () => {
        for (let trial = 0; trial < TRIALS; trial++) {
          const random = uniform(seed + 1000 * index + trial);
          const drawn = draw(random);
          const kinds = await checkGradients({ build: (net) => build(net, drawn), pass, random, ...options });
          for (const kind of kinds) if (kind in uncovered) uncovered[kind as BackwardKind] = false;
        }
      });
    }
  }

  it('every backward operation occurred', () => {
    assert.deepEqual(
      Object.entries(uncovered).flatMap(([kind, missing]) => (missing ? [kind] : [])),
      [],
    );
  });
});
