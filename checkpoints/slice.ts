/** From any checkpoint to a sliced one: one file for each layer. */
import { CheckpointError } from './errors.ts';
import type { CheckpointEntry, LoadedCheckpoint } from './open-checkpoint.ts';
import {
  formatIndex,
  hasMomentum,
  INDEX_FILE,
  OPTIMIZER,
  type SliceOf,
  type Slices,
  sliceFile,
  sliceOf,
} from './slices.ts';
import { bytesOf, type MappedTensor } from './tensor-map.ts';
import { type Plan, type PlannedFile, type Transformed, type TransformOptions, transform } from './transform.ts';

export interface SliceOptions extends TransformOptions {
  /** Also what resuming needs: momentum, queue and loss scale. @default false */
  readonly momentum?: boolean;
}

/**
 * Writes a checkpoint as one file for each layer, with the index that Hugging Face's tools read.
 * @param target a folder that does not exist yet.
 * @throws CheckpointError CHECKPOINT_DAMAGED, CHECKPOINT_EXISTS, CHECKPOINT_WRITE_FAILED; CHECKPOINT_MISMATCH where it is no
 *   network's; CHECKPOINT_NOT_RESUMABLE where the source has no momentum to slice.
 */
export function sliceCheckpoint(
  source: CheckpointEntry,
  target: string,
  { momentum = false, ...options }: SliceOptions = {},
): Promise<Transformed> {
  return transform(source, target, (loaded) => planSlices(loaded, momentum), options);
}

/** @throws CheckpointError CHECKPOINT_NOT_RESUMABLE */
export function requireResumable({ layout, path }: Pick<LoadedCheckpoint, 'layout' | 'path'>): void {
  if (layout.kind !== 'sliced' || hasMomentum(layout.slices)) return;
  throw new CheckpointError(
    'CHECKPOINT_NOT_RESUMABLE',
    `${path}: was sliced without momentum, so it is for evaluation only. Resume from the checkpoint that it was made of, ` +
      'or slice that one with --momentum.',
  );
}

interface UnitFile extends SliceOf {
  readonly group: string;
  readonly tensors: Map<string, MappedTensor>;
}

function planSlices(source: LoadedCheckpoint, momentum: boolean): Plan {
  if (momentum) requireResumable(source);
  const units = [...unitFiles(source).values()].filter(({ kind }) => kind === 'model' || momentum);
  const model = units.filter(({ kind }) => kind === 'model');
  const numbers = new Map(model.map(({ unit }, index) => [unit, index + 1]));
  const files: PlannedFile[] = [];
  const slices: { file: string; unit: string; group: string }[] = [];
  const weightMap = new Map<string, string>();
  for (const { kind, unit, group, tensors } of units) {
    const name = sliceFile(kind, numbers.get(unit) ?? 0, model.length);
    // Loaders look for `format` before they take a file.
    files.push({ name, tensors, metadata: { format: 'pt', unit } });
    slices.push({ file: name, unit, group });
    if (kind === 'model') for (const tensor of tensors.keys()) weightMap.set(tensor, name);
  }
  const bytes = model.flatMap(({ tensors }) => [...tensors.values()]).reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  return { files, slices: slices satisfies Slices, texts: new Map([[INDEX_FILE, formatIndex(weightMap, bytes)]]) };
}

/** Tensors by the slice that they go to, in the order of the network. */
function unitFiles({ map, path }: LoadedCheckpoint): Map<string, UnitFile> {
  const files = new Map<string, UnitFile>();
  for (const group of ['trunk', 'head', OPTIMIZER]) {
    for (const [name, tensor] of map.get(group) ?? []) {
      const slice = sliceOf({ file: group, tensor: name });
      const key = `${slice.kind} ${slice.unit}`;
      if (!files.has(key)) files.set(key, { ...slice, group, tensors: new Map() });
      const file = files.get(key)!;
      if (file.group !== group) throw mismatch(path, `trunk and head both have a unit ${slice.unit}`);
      file.tensors.set(name, tensor);
    }
  }
  const other = [...map.keys()].find((group) => !['trunk', 'head', OPTIMIZER].includes(group));
  if (other !== undefined) throw mismatch(path, `it has ${other}.safetensors, which is no part of a network`);
  if (![...files.values()].some(({ kind }) => kind === 'model')) throw mismatch(path, 'it has no trunk');
  return files;
}

function mismatch(folder: string, problem: string): CheckpointError {
  return new CheckpointError('CHECKPOINT_MISMATCH', `${folder}: cannot be sliced: ${problem}`);
}
