/** From any checkpoint to the shards of any number of ranks. */
import type { FlatLayout } from '../program/flat-layout.ts';
import { CheckpointError } from './errors.ts';
import type { CheckpointEntry, LoadedCheckpoint } from './open-checkpoint.ts';
import { rowMoves } from './queue-rows.ts';
import { elementsOf } from './safetensors-header.ts';
import { type FlatKind, flatTensor, QUEUE, REPLICATED_FILE, type Sharding, shardFile } from './shards.ts';
import { requireResumable } from './slice.ts';
import { isLossScale } from './slices.ts';
import { bytesOf, cut, joined, type MappedTensor, type Segment, type TensorMap } from './tensor-map.ts';
import { momentumOf, placeOf } from './tensor-places.ts';
import { type Plan, type PlannedFile, type Transformed, type TransformOptions, transform } from './transform.ts';

const BYTES = 4;

/**
 * Writes a checkpoint as the shards of `sharding.worldSize` ranks.
 * @param sharding how the configuration's network is divided; it need not be related to how the source is.
 * @param target a folder that does not exist yet.
 * @throws CheckpointError CHECKPOINT_DAMAGED, CHECKPOINT_EXISTS, CHECKPOINT_WRITE_FAILED; CHECKPOINT_MISMATCH where the source
 *   is another network's; CHECKPOINT_NOT_RESUMABLE where it has no momentum.
 */
export function reshardCheckpoint(
  source: CheckpointEntry,
  target: string,
  sharding: Sharding,
  options: TransformOptions = {},
): Promise<Transformed> {
  return transform(source, target, (loaded) => planShards(loaded, sharding), options);
}

function planShards(source: LoadedCheckpoint, sharding: Sharding): Plan {
  requireResumable(source);
  const { worldSize, flats, queue } = sharding;
  const taken = new Set<MappedTensor>();
  const take = (name: string, shape: readonly number[]) => {
    const tensor = find(source, name, shape);
    taken.add(tensor);
    return tensor;
  };
  const kinds: readonly (readonly [FlatKind, (name: string) => string])[] = [
    ['parameter', (name) => name],
    ['momentum', momentumOf],
  ];
  const whole = flats.flatMap((flat) =>
    kinds.map(([kind, nameOf]) => ({
      flat,
      kind,
      segments: flatSegments(flat, (name, shape) => take(nameOf(name), shape)),
    })),
  );
  const queueTensor = queue && take(QUEUE, [queue.assignedCrops, queue.length, queue.width]);
  const files = Array.from({ length: worldSize }, (_, rank): PlannedFile => {
    const tensors = new Map<string, MappedTensor>();
    for (const { flat, kind, segments } of whole) {
      const bytes = (flat.elements / worldSize) * BYTES;
      const part = cut(segments, rank * bytes, (rank + 1) * bytes);
      tensors.set(flatTensor(kind, flat.name), f32([flat.elements / worldSize], part));
    }
    if (queueTensor) tensors.set(QUEUE, queuePart(queueTensor, sharding, rank));
    return { name: shardFile(rank, worldSize), tensors };
  });
  return { sharding, files: [...files, { name: REPLICATED_FILE, tensors: replicated(source, taken) }] };
}

/** A flat's parameters one after another, with the padding between them and at the end. */
function flatSegments(
  { parameters, elements }: FlatLayout,
  find: (name: string, shape: readonly number[]) => MappedTensor,
): Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  const padTo = (offset: number) => {
    segments.push({ file: null, position: 0, bytes: (offset - end) * BYTES });
    end = offset;
  };
  for (const { name, shape, offset } of parameters) {
    padTo(offset);
    segments.push(...find(name, shape).segments);
    end = offset + elementsOf(shape);
  }
  padTo(elements);
  return joined(segments);
}

function queuePart({ segments }: MappedTensor, { queue, worldSize }: Sharding, rank: number): MappedTensor {
  const { assignedCrops, length, width } = queue!;
  const rowBytes = width * BYTES;
  const rows: Segment[][] = [];
  for (const move of rowMoves(queue!, worldSize)) {
    if (move.rank === rank) rows[move.from] = cut(segments, move.to * rowBytes, (move.to + 1) * rowBytes);
  }
  return f32([assignedCrops, length / worldSize, width], joined(rows.flat()));
}

/** What is not divided: running statistics, and the loss scale of fp16. Anything else that was not asked for belongs to another network. */
function replicated({ map, path }: LoadedCheckpoint, taken: ReadonlySet<MappedTensor>): Map<string, MappedTensor> {
  const left = new Map<string, MappedTensor>();
  for (const [name, tensor, group] of tensorsByName(map)) {
    if (taken.has(tensor)) continue;
    if (!/\.running_(mean|var)$/.test(name) && !isLossScale(name))
      throw mismatch(path, `it has ${group}/${name}, which the configuration has not`);
    left.set(name, tensor);
  }
  return left;
}

/** Tensors by what a program calls them. */
function* tensorsByName(map: TensorMap): Generator<readonly [string, MappedTensor, string]> {
  for (const [group, tensors] of map) {
    for (const [name, tensor] of tensors) yield [group === 'trunk' ? `trunk.${name}` : name, tensor, group];
  }
}

function find({ map, path }: LoadedCheckpoint, name: string, shape: readonly number[]): MappedTensor {
  const { file, tensor } = placeOf(name);
  const found = map.get(file)?.get(tensor);
  if (!found) throw mismatch(path, `it lacks ${file}/${tensor}`);
  if (found.dtype !== 'F32' || found.shape.join() !== shape.join()) {
    throw mismatch(path, `its ${file}/${tensor} is ${found.dtype} [${found.shape}], and not F32 [${shape}]`);
  }
  return found;
}

function f32(shape: readonly number[], segments: readonly Segment[]): MappedTensor {
  const tensor: MappedTensor = { dtype: 'F32', shape, segments };
  if (bytesOf(tensor) !== elementsOf(shape) * BYTES)
    throw new Error(`[${shape}] is not made of ${bytesOf(tensor)} bytes`);
  return tensor;
}

function mismatch(folder: string, problem: string): CheckpointError {
  return new CheckpointError(
    'CHECKPOINT_MISMATCH',
    `${folder}: cannot be divided among ranks: ${problem}; use the configuration that it was trained with`,
  );
}
