/**
 * Reads and verifies a checkpoint in one pass: every file is read from its beginning to its end, several at once, and what it
 * holds of each tensor is handed on as it passes.
 */
import type { OnBytes } from './read-segments.ts';
import type { TensorMap } from './tensor-map.ts';
import type { TensorPlace } from './tensor-places.ts';
import { verifiedTensorSums, verifyFiles } from './verify-files.ts';

/**
 * Told of a part of a tensor, from the byte `offset` on. The bytes are good during the call only, and whether they are what was
 * written is known when everything has been read.
 */
export type OnTensorBytes = (place: TensorPlace, offset: number, bytes: Uint8Array) => void;

/** A stretch of a file, and what it is of. */
interface Stretch {
  readonly position: number;
  readonly end: number;
  readonly place: TensorPlace;
  /** First byte in the tensor. */
  readonly offset: number;
}

/**
 * @param map of the checkpoint.
 * @throws CheckpointError CHECKPOINT_DAMAGED that names the file.
 */
export async function streamTensors(
  folder: string,
  map: TensorMap,
  sums: ReadonlyMap<string, string>,
  onTensor: OnTensorBytes,
  onBytes?: OnBytes,
): Promise<void> {
  const files = stretchesByFile(map);
  await verifyFiles(folder, [...sums.keys()], sums, {
    onBytes,
    tensorSums: await verifiedTensorSums(folder, sums),
    onChunk: (name, position, chunk) => handOn(files.get(name) ?? [], position, chunk, onTensor),
  });
}

function handOn(stretches: readonly Stretch[], position: number, chunk: Uint8Array, onTensor: OnTensorBytes): void {
  for (let i = firstAfter(stretches, position); i < stretches.length; i++) {
    const { position: begin, end, place, offset } = stretches[i]!;
    const from = Math.max(begin, position);
    if (from >= position + chunk.byteLength) break;
    const to = Math.min(end, position + chunk.byteLength);
    onTensor(place, offset + from - begin, chunk.subarray(from - position, to - position));
  }
}

/** The first stretch that ends after a position. */
function firstAfter(stretches: readonly Stretch[], position: number): number {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stretches[middle]!.end > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What of which tensor lies where in each file, in the order of the file. */
function stretchesByFile(map: TensorMap): Map<string, Stretch[]> {
  const files = new Map<string, Stretch[]>();
  for (const [file, tensors] of map) {
    for (const [tensor, { segments }] of tensors) {
      let offset = 0;
      for (const { file: name, position, bytes } of segments) {
        if (name !== null) {
          if (!files.has(name)) files.set(name, []);
          files.get(name)!.push({ position, end: position + bytes, place: { file, tensor }, offset });
        }
        offset += bytes;
      }
    }
  }
  for (const stretches of files.values()) stretches.sort((one, other) => one.position - other.position);
  return files;
}
