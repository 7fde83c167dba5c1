/**
 * The whole training step as one program:
 *
 *   crops -> trunk -> head -> scores -> codes, loss      forward
 *   gradients of every parameter                         backward
 *   norms -> finite? -> trust ratios -> SGD, statistics  update
 */
import type { TrunkSpec } from '../model/regnet.ts';
import { type HeadSpec, projectionHead, prototypeScores, type SwavSpec } from '../model/swav.ts';
import { trunk } from '../model/trunk.ts';
import { ProgramBuilder, uniformInit } from './builder.ts';
import { differentiate } from './differentiate.ts';
import { fuse } from './fuse.ts';
import { type LossScaleSpec, withLossScale } from './loss-scale.ts';
import type { Operation } from './operations.ts';
import { type Program, valueNamed } from './program.ts';
import { recomputeGroups, recomputeNormalised } from './recompute.ts';
import { appendUpdate, type SgdSpec, UPDATE, UPDATE_BASE } from './update.ts';
import type { Grid, Precision, ValueId } from './values.ts';

export interface TrainingStepSpec {
  readonly name: string;
  readonly trunk: TrunkSpec;
  readonly head: HeadSpec;
  readonly swav: SwavSpec;
  /** Crops of each resolution, large ones first; `images` counts crops: crops per image times batch size. */
  readonly grids: readonly Grid[];
  /** `u8`: decoded crops, normalised by `mean` and `deviation` in the program; `f32`: normalised already. */
  readonly input:
    | { readonly dtype: 'u8'; readonly mean: readonly number[]; readonly deviation: readonly number[] }
    | { readonly dtype: 'f32' };
  readonly precision: Precision;
  /** Of f16. @default a scale of 65,536 that doubles every 2,000 steps */
  readonly lossScale?: LossScaleSpec;
  readonly optimizer: SgdSpec;
  /** Gradients that stay readable after the step, under the name `d(parameter)`. @default false */
  readonly keepGradients?: boolean;
}

export interface RecomputeSpec {
  /** Contiguous groups of units (eq. 3); none keeps everything. */
  readonly groups?: readonly (readonly string[])[];
  /** Make normalised maps again in the backward pass. @default true */
  readonly normalised?: boolean;
}

const LOSS_SCALE_DEFAULT: LossScaleSpec = { initial: 65_536, growthInterval: 2000 };

/** Names of what goes in and comes out of a training step. */
export const STEP = {
  ...UPDATE,
  crops: 'crops',
  images: 'images',
  scores: 'prototypes',
  embeddings: 'embeddings',
  prototypeUse: 'prototype use',
  queue: 'queue',
} as const;

/** Forward and backward pass and update, nothing recomputed. */
export function trainingStep(spec: TrainingStepSpec): Program {
  const builder = new ProgramBuilder({ name: spec.name, precision: spec.precision, mode: 'train' });
  const { embeddings } = forwardPass(builder, spec);
  const forward = renameValues(builder.program(), new Map([[embeddings, STEP.embeddings]]), new Set([embeddings]));
  const { program, gradients } = differentiate(fuse(forward));
  const kept = spec.keepGradients ? new Set(gradients.values()) : new Set<ValueId>();
  const step = withUpdate(renameValues(program, new Map(), kept), gradients, builder, spec);
  return spec.precision === 'f16' ? withLossScale(step, spec.lossScale ?? LOSS_SCALE_DEFAULT) : step;
}

export function withRecompute(program: Program, { groups = [], normalised = true }: RecomputeSpec): Program {
  const grouped = groups.length > 1 ? recomputeGroups(program, groups) : program;
  return normalised ? recomputeNormalised(grouped) : grouped;
}

function forwardPass(builder: ProgramBuilder, spec: TrainingStepSpec): { embeddings: ValueId } {
  const { swav, head, input, grids } = spec;
  const images =
    input.dtype === 'u8' ? builder.images(grids, input.mean, input.deviation) : builder.normalizedImages(grids);
  const { pooled } = trunk(builder, spec.trunk, images);
  const embeddings = projectionHead(builder, head, pooled);
  const scores = prototypeScores(builder, head, embeddings);

  builder.unit('loss');
  const batch = grids.reduce((sum, grid) => sum + grid.images, 0) / swav.crops;
  const embeddingWidth = head.widths.at(-1)!;
  const codes = builder.value({ name: 'codes', shape: [swav.assignedCrops * batch, head.prototypes] });
  const queueScores = swav.queueLength > 0 ? scoreQueue(builder, spec, embeddingWidth) : undefined;
  const { assignedCrops, crops, epsilon, sinkhornIterations: iterations, temperature } = swav;
  builder.emit('sinkhorn', {
    inputs: { scores, queueScores },
    outputs: { codes },
    attributes: { assignedCrops, crops, epsilon, iterations },
  });
  const loss = builder.value({ name: STEP.loss, role: 'output', shape: [1] });
  builder.emit('swavLoss', {
    inputs: { scores, codes },
    outputs: { loss },
    attributes: { assignedCrops, crops, temperature },
  });
  const use = builder.value({ name: STEP.prototypeUse, role: 'output', shape: [head.prototypes] });
  builder.emit('prototypeUse', { inputs: { scores }, outputs: { use } });
  return { embeddings };
}

/** Scores of the embeddings of past batches, which join Sinkhorn. */
function scoreQueue(builder: ProgramBuilder, { swav, head }: TrainingStepSpec, width: number): ValueId {
  const shape = [swav.assignedCrops, swav.queueLength, width];
  const queue = builder.value({ name: STEP.queue, role: 'state', shape });
  const weight = builder.parameter('prototypes.weight', [head.prototypes, width], uniformInit(width));
  const rows = swav.assignedCrops * swav.queueLength;
  const output = builder.value({ name: 'queue scores', shape: [rows, head.prototypes] });
  builder.emit('linear', { inputs: { input: queue, weight }, outputs: { output }, attributes: { factors: 'f32' } });
  return output;
}

function withUpdate(
  program: Program,
  gradients: ReadonlyMap<ValueId, ValueId>,
  builder: ProgramBuilder,
  { optimizer, swav }: TrainingStepSpec,
): Program {
  const prototypes = valueNamed(program, 'prototypes.weight').id;
  const afterSgd = (applied: ValueId): Operation[] => [
    { ...UPDATE_BASE, kind: 'normalizeRows', inputs: { applied }, updates: { weight: prototypes } },
    ...(swav.queueLength > 0 ? [pushQueue(program, swav, applied)] : []),
  ];
  return appendUpdate(program, gradients, { optimizer, moments: builder.moments, freezable: [prototypes], afterSgd });
}

function pushQueue(program: Program, { assignedCrops, crops }: SwavSpec, applied: ValueId): Operation {
  return {
    ...UPDATE_BASE,
    kind: 'pushQueue',
    inputs: { embeddings: valueNamed(program, STEP.embeddings).id, applied },
    updates: { queue: valueNamed(program, STEP.queue).id },
    attributes: { assignedCrops, crops },
  };
}

export function renameValues(
  program: Program,
  names: ReadonlyMap<ValueId, string>,
  outputs: ReadonlySet<ValueId>,
): Program {
  const values = program.values.map((value) => ({
    ...value,
    name: names.get(value.id) ?? value.name,
    role: outputs.has(value.id) ? ('output' as const) : value.role,
  }));
  return { ...program, values };
}
