/** From an address to the destination that stands behind it. */
import type { Destination } from './destination.ts';
import { DestinationError } from './errors.ts';
import { LocalDestination } from './local-destination.ts';
import { S3Destination } from './s3-destination.ts';

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
