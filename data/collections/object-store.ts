/**
 * What a collection needs of an object store. checkpoints/destinations/s3-objects.ts is one; it is handed in by whoever opens
 * the collection. Whatever it throws ends the reading: a store that refuses one object will refuse them all.
 */
export interface ObjectStore {
  list(bucket: string, prefix: string): AsyncIterable<{ readonly key: string; readonly bytes: number }>;
  /** Undefined where there is no such object. */
  read(bucket: string, key: string): Promise<Uint8Array | undefined>;
  readRange(bucket: string, key: string, offset: number, length: number): Promise<Uint8Array>;
  stream(bucket: string, key: string): AsyncIterable<Uint8Array>;
}
