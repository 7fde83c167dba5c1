/**
 * A step that trains the whole trunk and a linear classifier on labelled images (Sec. 4.2.2), as one program:
 *
 *   crops -> trunk -> (batch norm) -> classifier -> cross-entropy     forward
 *   gradients of every parameter                                      backward
 *   norms -> finite? -> SGD, running statistics                       update
 */
import { type ClassifierSpec, classifier } from '../model/classifier.ts';
import type { TrunkSpec } from '../model/regnet.ts';
import { trunk } from '../model/trunk.ts';
import { ProgramBuilder } from './builder.ts';
import { differentiate } from './differentiate.ts';
import { fuse } from './fuse.ts';
import type { CrossEntropyAttributes } from './operations.ts';
import type { Program } from './program.ts';
import { renameValues } from './training-step.ts';
import { appendUpdate, type SgdSpec, UPDATE } from './update.ts';
import type { Grid } from './values.ts';

export interface SupervisedStepSpec {
  readonly name: string;
  readonly trunk: TrunkSpec;
  readonly classifier: ClassifierSpec;
  /** `softmax`: one class for each image; `sigmoid`: any number of them. */
  readonly form: CrossEntropyAttributes['form'];
  readonly grid: Grid;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  readonly precision: 'f32' | 'bf16';
  readonly optimizer: Omit<SgdSpec, 'larc'>;
}

/**
 * Names of what goes in and comes out: crops (u8, channels-last), labels as `crossEntropy` takes them, and `control`, whose
 * first number is the learning rate; loss, scores (images, classes), and whether the update was applied.
 */
export const SUPERVISED = { ...UPDATE, crops: 'crops', labels: 'labels', scores: 'scores' } as const;

/** Without trust ratios. */
const NO_LARC = { enabled: false, trustCoefficient: 0, epsilon: 0 };

/** Forward and backward pass and update, nothing recomputed. */
export function supervisedStep(spec: SupervisedStepSpec): Program {
  const { grid, form, optimizer } = spec;
  const builder = new ProgramBuilder({ name: spec.name, precision: spec.precision, mode: 'train' });
  const { pooled } = trunk(builder, spec.trunk, builder.images([grid], spec.mean, spec.deviation));
  const scores = classifier(builder, spec.classifier, pooled);
  builder.unit('loss');
  const shape = form === 'softmax' ? [grid.images] : [grid.images, spec.classifier.classes];
  const labels = builder.value({ name: SUPERVISED.labels, role: 'input', shape });
  const loss = builder.value({ name: SUPERVISED.loss, role: 'output', shape: [1] });
  builder.emit('crossEntropy', { inputs: { scores, labels }, outputs: { loss }, attributes: { form } });
  const forward = renameValues(builder.program(), new Map([[scores, SUPERVISED.scores]]), new Set([scores]));
  const { program, gradients } = differentiate(fuse(forward));
  return appendUpdate(program, gradients, { optimizer: { ...optimizer, larc: NO_LARC }, moments: builder.moments });
}
