import { createHash } from 'node:crypto';

/** Where messages of a key go, on either bus: the first four bytes of the key's SHA-256, by the number of partitions. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return createHash('sha256').update(key).digest().readUInt32BE() % partitions;
}
