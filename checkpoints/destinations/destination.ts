/**
 * A place that checkpoints are copied to: a folder, or a bucket of an S3-compatible object store.
 *
 * Objects have names like `checkpoints/step-00001000/trunk.safetensors`, below the destination's address. A write appears
 * whole or not at all; an upload that was interrupted goes on with the parts that are missing.
 */
import { DestinationError } from './errors.ts';
import { LocalDestination } from './local-destination.ts';
import { S3Destination } from './s3-destination.ts';

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

/**
 * @param address a folder, or s3://BUCKET/PREFIX; endpoint, region and credentials of S3 come from where its SDK looks:
 *   AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_PROFILE, the files in ~/.aws, and so on
 * @throws DestinationError DESTINATION_INVALID
 */
export async function openDestination(address: string): Promise<Destination> {
  checkAddress(address);
  const [, bucket, prefix = ''] = S3_ADDRESS.exec(address) ?? [];
  if (bucket === undefined) return new LocalDestination(address);
  return S3Destination.open(bucket, prefix.replace(/\/+$/, ''));
}

const S3_ADDRESS = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

/** @throws DestinationError DESTINATION_INVALID */
export function checkAddress(address: string): void {
  const isFolder = address !== '' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(address);
  if (isFolder || S3_ADDRESS.test(address)) return;
  throw new DestinationError(
    'DESTINATION_INVALID',
    `${JSON.stringify(address)} is no place for checkpoints: give a folder, or s3://BUCKET/PREFIX with a valid bucket name`,
  );
}
