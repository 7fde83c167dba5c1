/** From any checkpoint to the files that one rank saves. */
import type { CheckpointEntry } from './open-checkpoint.ts';
import { TENSOR_SUFFIX } from './state-file.ts';
import { type Transformed, type TransformOptions, transform } from './transform.ts';

/**
 * Writes a checkpoint as trunk, head and optimizer (the last only where the source has momentum).
 * @param target a folder that does not exist yet.
 * @throws CheckpointError CHECKPOINT_DAMAGED, CHECKPOINT_EXISTS, CHECKPOINT_WRITE_FAILED
 */
export function mergeCheckpoint(
  source: CheckpointEntry,
  target: string,
  options: TransformOptions = {},
): Promise<Transformed> {
  return transform(
    source,
    target,
    ({ map }) => ({ files: [...map].map(([group, tensors]) => ({ name: `${group}${TENSOR_SUFFIX}`, tensors })) }),
    options,
  );
}
