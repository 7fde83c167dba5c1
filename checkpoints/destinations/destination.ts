/**
 * A place that checkpoints are copied to: a folder, or a bucket of an S3-compatible object store.
 *
 * Objects have names like `checkpoints/step-00001000/trunk.safetensors`, below the destination's address. A write appears
 * whole or not at all; an upload that was interrupted goes on with the parts that are missing.
 */
export interface ObjectIdentity {
  readonly bytes: number;
  /** Of the whole object, in hexadecimal. */
  readonly sha256: string;
}

export interface Destination {
  /** Its address, for messages. */
  readonly url: string;
  /** Undefined where there is no such object, or where nobody knows its checksum. @throws DestinationError */
  identify(name: string): Promise<ObjectIdentity | undefined>;
  /** Contents of a small object; undefined where there is none. @throws DestinationError */
  read(name: string): Promise<Buffer | undefined>;
  /** Replaces a small object. @throws DestinationError */
  write(name: string, content: Uint8Array): Promise<void>;
  /** No error where there is none. @throws DestinationError */
  remove(name: string): Promise<void>;
  /**
   * Copies a file that does not change.
   * @returns bytes that were sent: less than the file has where an earlier upload had come some way
   * @throws DestinationError
   */
  upload(name: string, file: string, identity: ObjectIdentity): Promise<number>;
  /**
   * Copies an object into a new file, flushed to the disk.
   * @returns what came, or undefined where there is no such object
   * @throws DestinationError
   */
  download(name: string, file: string): Promise<ObjectIdentity | undefined>;
  close(): void;
}
