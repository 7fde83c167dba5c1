/**
 * The encoder as a program: images in, features of one layer out, batch normalisation by its running
 * statistics, folded into the convolutions.
 */
import { type ClassifierSpec, classifier } from '../model/classifier.ts';
import type { TrunkSpec } from '../model/regnet.ts';
import { type HeadSpec, projectionHead } from '../model/swav.ts';
import { trunk } from '../model/trunk.ts';
import { ProgramBuilder } from './builder.ts';
import { ProgramError } from './errors.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { fuseNorms } from './fuse.ts';
import { creates, reads } from './operations.ts';
import type { Program } from './program.ts';
import type { Grid, ValueId } from './values.ts';

/**
 * Feature maps of the last stage but one and of the last (the third and fourth of most trunks), the pooled features, or the
 * unit-length embeddings behind the head.
 */
export const FEATURE_LAYERS = ['res4', 'res5', 'pool', 'projection'] as const;
export type FeatureLayer = (typeof FEATURE_LAYERS)[number];

/** A layer of features, or the scores of the classes that a trunk was fine-tuned on. */
export type EncoderLayer = FeatureLayer | 'scores';

export interface EncoderSpec {
  readonly trunk: TrunkSpec;
  /** Needed for `projection`. */
  readonly head?: HeadSpec;
  /** Needed for `scores`. */
  readonly classifier?: ClassifierSpec | undefined;
  readonly layer: EncoderLayer;
  /** The images of one run. */
  readonly grid: Grid;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  readonly precision: 'f32' | 'bf16';
}

/** Names of what goes in (uint8, channels-last) and comes out: (images, channels), or (pixels, channels) of a map. */
export const ENCODER = { crops: 'crops', features: 'features' } as const;

/** @throws ProgramError NO_SUCH_LAYER */
export function encoderProgram(spec: EncoderSpec): Program {
  const builder = new ProgramBuilder({ name: `encoder ${spec.layer}`, precision: spec.precision, mode: 'inference' });
  const features = featuresOf(builder, spec);
  const { values, ...program } = foldBatchNorm(fuseNorms(builder.program()));
  const marked = values.map((value) =>
    value.id === features ? { ...value, name: ENCODER.features, role: 'output' as const } : value,
  );
  return withoutUnread({ ...program, values: marked }, features);
}

function featuresOf(
  builder: ProgramBuilder,
  { trunk: spec, head, classifier: classes, layer, grid, mean, deviation }: EncoderSpec,
): ValueId {
  const { stages, pooled } = trunk(builder, spec, builder.images([grid], mean, deviation));
  if (layer === 'pool') return pooled;
  if (layer === 'projection') {
    if (!head) throw new Error('the layer projection needs a head');
    return projectionHead(builder, head, pooled);
  }
  if (layer === 'scores') {
    if (classes) return classifier(builder, classes, pooled);
    throw new ProgramError('NO_SUCH_LAYER', 'Only a checkpoint that was fine-tuned on classes has scores of them.');
  }
  const stage = stages.at(layer === 'res4' ? -2 : -1);
  if (stage === undefined) {
    throw new ProgramError(
      'NO_SUCH_LAYER',
      `A trunk of ${stages.length} stage has no ${layer}; take res5, its last stage.`,
    );
  }
  return stage;
}

/** Drops what comes after the wanted layer, its parameters included. Values keep their numbers until they are renumbered. */
function withoutUnread(program: Program, wanted: ValueId): Program {
  const live = new Set<ValueId>([wanted]);
  const operations = [...program.operations]
    .reverse()
    .filter((operation) => {
      const needed = creates(operation).some((id) => live.has(id));
      if (needed) for (const id of reads(operation)) live.add(id);
      return needed;
    })
    .reverse();
  const used = program.values.map((value) =>
    live.has(value.id) ? value : { ...value, role: 'intermediate' as const, init: undefined },
  );
  return { ...program, values: used, operations };
}
