/**
 * RegNetY and RegNetZ as data: from a handful of numbers to the list of blocks.
 *
 * A RegNet is ruled by (w0, wa, wm, depth, group width): block j has the width w0 + wa * j, moved to the nearest
 * w0 * wm^s, quantised, and blocks of equal width are a stage. References:
 * - RegNet: Radosavovic et al. 2020, "Designing Network Design Spaces", Sec. 3.3, arXiv:2003.13678
 * - RegNetZ: Dollar et al. 2021, "Fast and Accurate Model Scaling", arXiv:2103.06877; the block as in ClassyVision 0.7.0
 *   (`ResBottleneckLinearBlock`): inverted bottleneck of 4 x the width, SiLU, no activation after the block, and a
 *   shortcut only where the shapes agree (no projection).
 *
 * One block, with the names of its layers (timm's):
 *
 *     x ──┬─ conv1 1x1 ─ BN ─ act ─ conv2 3x3 grouped, stride ─ BN ─ act ─ SE ─ conv3 1x1 ─ BN ──(+)── act ── y
 *         └──────────── identity, or downsample: 1x1 strided convolution and BN ──────────────────┘
 */
import { ModelError } from './errors.ts';

export type TrunkKind = 'regnety' | 'regnetz';

/** Numbers that rule a trunk. Widths are channels. */
export interface RegNetParameters {
  /** Width of the first block; a multiple of `quantisation`. */
  w0: number;
  /** Slope: channels that each further block adds; 0 or more. */
  wa: number;
  /** Ratio between the widths of neighbouring stages; more than 1. */
  wm: number;
  /** Number of blocks. */
  depth: number;
  /** Channels per group of the 3x3 convolution. */
  groupWidth: number;
  /** @default 'regnety' */
  kind?: TrunkKind;
  /** @default 32 */
  stemWidth?: number;
  /** Width of squeeze-and-excitation as a share of the block's input width. @default 0.25 */
  seRatio?: number;
  /** Widths are multiples of this before they are fitted to the groups. @default 8 */
  quantisation?: number;
}

/** Trunks that no (w0, wa, wm) describes, such as the scaling variants of Table 14: every stage given. */
export interface StagedParameters {
  stages: readonly StageSpec[];
  /** @default 'regnety' */
  kind?: TrunkKind;
  /** @default 32 */
  stemWidth?: number;
  /** @default 0.25 */
  seRatio?: number;
}

export type TrunkParameters = RegNetParameters | StagedParameters;

export interface StageSpec {
  /** Number of blocks; the first has stride 2. */
  readonly depth: number;
  /** Output channels of every block. */
  readonly width: number;
  /** Channels per group of the 3x3 convolutions. */
  readonly groupWidth: number;
}

export interface BlockSpec {
  /** timm's name: `s1.b1` is the first block of the first stage. */
  readonly name: string;
  /** Index of the stage, from 0. */
  readonly stage: number;
  readonly inputWidth: number;
  readonly width: number;
  /** Channels of the 3x3 convolution: `width` in RegNetY, 4 x `width` in RegNetZ. */
  readonly bottleneckWidth: number;
  readonly stride: 1 | 2;
  readonly groupWidth: number;
  readonly seWidth: number;
  /** Whether the block's result is added to its input. False only where a RegNetZ block changes the shape. */
  readonly residual: boolean;
  /** Whether the shortcut is a 1x1 strided convolution with BN instead of the identity. */
  readonly projection: boolean;
  readonly activation: 'relu' | 'silu';
  /** RegNetZ: no activation after the block. */
  readonly linearOutput: boolean;
}

export interface TrunkSpec {
  readonly kind: TrunkKind;
  readonly stemWidth: number;
  /** Activation after the stem and inside the blocks. */
  readonly activation: 'relu' | 'silu';
  readonly stages: readonly StageSpec[];
  readonly blocks: readonly BlockSpec[];
  /** Channels of the output. */
  readonly width: number;
}

/** Bottleneck width as a multiple of the block's width. */
const BOTTLENECK_MULTIPLIER = { regnety: 1, regnetz: 4 } as const;

/** Rounds halves to the nearest even number, as Python and NumPy do; the reference implementations rely on it. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const fraction = value - below;
  if (fraction !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * The trunk that the parameters rule.
 * @throws ModelError INVALID_ARCHITECTURE if no such trunk exists.
 */
export function regnetTrunk(parameters: TrunkParameters): TrunkSpec {
  const { kind = 'regnety', stemWidth = 32, seRatio = 0.25 } = parameters;
  requirePositiveInteger('stem width', stemWidth);
  if (!(seRatio > 0)) throw invalid(`the squeeze-and-excitation ratio must be more than 0, not ${seRatio}`);
  const stages = 'stages' in parameters ? checkStages(parameters.stages, kind) : regnetStages(parameters, kind);
  const activation = kind === 'regnety' ? 'relu' : 'silu';

  const blocks: BlockSpec[] = [];
  let inputWidth = stemWidth;
  for (const [stage, { depth, width, groupWidth }] of stages.entries()) {
    for (let index = 0; index < depth; index++) {
      const stride = index === 0 ? 2 : 1;
      const sameShape = stride === 1 && inputWidth === width;
      blocks.push({
        name: `s${stage + 1}.b${index + 1}`,
        stage,
        inputWidth,
        width,
        bottleneckWidth: width * BOTTLENECK_MULTIPLIER[kind],
        stride,
        groupWidth,
        seWidth: Math.max(1, roundHalfEven(seRatio * inputWidth)),
        residual: sameShape || kind === 'regnety',
        projection: !sameShape && kind === 'regnety',
        activation,
        linearOutput: kind === 'regnetz',
      });
      inputWidth = width;
    }
  }
  return { kind, stemWidth, activation, stages, blocks, width: inputWidth };
}

/** The RegNet rule: widths of all blocks, equal ones gathered into stages. */
function regnetStages(parameters: RegNetParameters, kind: TrunkKind): StageSpec[] {
  const { w0, wa, wm, depth, groupWidth, quantisation = 8 } = parameters;
  requirePositiveInteger('depth', depth);
  requirePositiveInteger('group width', groupWidth);
  requirePositiveInteger('w0', w0);
  requirePositiveInteger('quantisation', quantisation);
  if (w0 % quantisation !== 0) throw invalid(`w0 must be a multiple of ${quantisation}, not ${w0}`);
  if (!(wa >= 0 && Number.isFinite(wa))) throw invalid(`wa must be 0 or more, not ${wa}`);
  if (!(wm > 1 && Number.isFinite(wm))) throw invalid(`wm must be more than 1, not ${wm}`);

  const stages: { depth: number; width: number }[] = [];
  for (let block = 0; block < depth; block++) {
    const continuous = w0 + wa * block;
    const step = roundHalfEven(Math.log(continuous / w0) / Math.log(wm));
    const width = roundHalfEven((w0 * wm ** step) / quantisation) * quantisation;
    const last = stages.at(-1);
    if (last?.width === width) last.depth += 1;
    else stages.push({ depth: 1, width });
  }
  return stages.map((stage) => ({ depth: stage.depth, ...fitGroups(stage.width, groupWidth, kind) }));
}

/** Rounds a bottleneck to whole groups and gives back the width that belongs to it. */
function fitGroups(width: number, groupWidth: number, kind: TrunkKind): { width: number; groupWidth: number } {
  const bottleneck = width * BOTTLENECK_MULTIPLIER[kind];
  const group = Math.min(groupWidth, bottleneck);
  const rounded = roundHalfEven(bottleneck / group) * group;
  const fitted = rounded / BOTTLENECK_MULTIPLIER[kind];
  if (!Number.isInteger(fitted)) {
    throw invalid(`group width ${groupWidth} does not fit a bottleneck of 4 x ${width}: take a multiple of 4`);
  }
  return { width: fitted, groupWidth: group };
}

function checkStages(stages: readonly StageSpec[], kind: TrunkKind): readonly StageSpec[] {
  if (stages.length === 0) throw invalid('a trunk needs at least one stage');
  for (const [index, { depth, width, groupWidth }] of stages.entries()) {
    requirePositiveInteger(`stage ${index + 1}'s depth`, depth);
    requirePositiveInteger(`stage ${index + 1}'s width`, width);
    requirePositiveInteger(`stage ${index + 1}'s group width`, groupWidth);
    if ((width * BOTTLENECK_MULTIPLIER[kind]) % groupWidth !== 0) {
      throw invalid(`stage ${index + 1}: a width of ${width} has no whole number of groups of ${groupWidth}`);
    }
  }
  return stages;
}

function requirePositiveInteger(what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw invalid(`${what} must be a whole number of at least 1, not ${value}`);
}

function invalid(message: string): ModelError {
  return new ModelError('INVALID_ARCHITECTURE', `impossible architecture: ${message}`);
}
