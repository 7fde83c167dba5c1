/**
 * Reads and verifies a checkpoint in one pass: every file is read once, several at a time, and what it holds of each tensor
 * goes straight to where the tensor is wanted.
 */
import type { OnBytes } from './read-segments.ts';
import { bytesOf, type TensorMap } from './tensor-map.ts';
import type { TensorPlace } from './tensor-places.ts';
import { type Destination, verifiedTensorSums, verifyFiles } from './verify-files.ts';

/** Memory for all bytes of a tensor. Whether they are what was written is known when everything has been read. */
export type MemoryOf = (place: TensorPlace) => Uint8Array;

/**
 * @param map of the checkpoint.
 * @throws CheckpointError CHECKPOINT_DAMAGED that names the file.
 */
export async function streamTensors(
  folder: string,
  map: TensorMap,
  sums: ReadonlyMap<string, string>,
  memoryOf: MemoryOf,
  onBytes?: OnBytes,
): Promise<void> {
  const tensorSums = await verifiedTensorSums(folder, sums);
  await verifyFiles(folder, [...sums.keys()], sums, { onBytes, tensorSums, destinations: destinations(map, memoryOf) });
}

/** What of which tensor lies where in each file, in the order of the file. */
function destinations(map: TensorMap, memoryOf: MemoryOf): Map<string, Destination[]> {
  const files = new Map<string, Destination[]>();
  for (const [file, tensors] of map) {
    for (const [tensor, mapped] of tensors) {
      const memory = memoryOf({ file, tensor });
      if (memory.byteLength !== bytesOf(mapped))
        throw new RangeError(`${bytesOf(mapped)} bytes for ${memory.byteLength}`);
      let offset = 0;
      for (const { file: name, position, bytes } of mapped.segments) {
        const into = memory.subarray(offset, offset + bytes);
        offset += bytes;
        if (name === null) {
          into.fill(0);
          continue;
        }
        if (!files.has(name)) files.set(name, []);
        files.get(name)!.push({ position, into });
      }
    }
  }
  for (const wanted of files.values()) wanted.sort((one, other) => one.position - other.position);
  return files;
}
