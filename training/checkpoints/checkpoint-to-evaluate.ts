/** A training's checkpoint, opened for evaluations. */
import { createHash } from 'node:crypto';
import { formatChecksums, readChecksums } from '../../checkpoints/checksums.ts';
import { classifierIn } from '../../evals/classifiers/classifier-state.ts';
import type { EvaluatedCheckpoint } from '../../evals/evaluated-checkpoint.ts';
import type { EncoderDescription } from '../../evals/features/encoder.ts';
import { parameterCounts } from '../../model/cost.ts';
import { describeEncoder } from '../step.ts';
import { loadCheckpoint } from './load-encoder.ts';

/**
 * The latest checkpoint of a run folder, or the one that a folder is.
 * @param options.untrained first weights of the same seed in place of its own
 * @throws CheckpointError where there is none, or none that is good
 */
export async function checkpointToEvaluate(
  folder: string,
  options: { readonly untrained?: boolean } = {},
): Promise<EvaluatedCheckpoint> {
  const { path, step, tensors, config, state } = await loadCheckpoint(folder);
  const classifier = classifierIn(state);
  const description: EncoderDescription = {
    ...describeEncoder(config),
    ...(classifier && { classifier: { classes: classifier.classes.length, batchNorm: classifier.batchNorm } }),
  };
  const { architecture } = config.model;
  const { seed } = config.training;
  const untrained = options.untrained ?? false;
  return {
    path,
    step: untrained ? 0 : step,
    digest: untrained ? sha256(JSON.stringify({ seed, description })) : await digestOfCheckpoint(path),
    architecture: typeof architecture === 'string' ? architecture : JSON.stringify(architecture),
    parameters: parameterCounts(description.trunk, description.head, description.head.prototypes).trunk,
    description,
    weights: untrained ? seed : tensors,
    config,
    classes: classifier?.classes,
  };
}

/** What evaluations tell checkpoints apart by. @param folder of the checkpoint @throws CheckpointError */
export async function digestOfCheckpoint(folder: string): Promise<string> {
  const sums = [...(await readChecksums(folder))].sort(([one], [other]) => (one < other ? -1 : 1));
  return sha256(formatChecksums(new Map(sums)));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
