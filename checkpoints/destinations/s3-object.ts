import type { S3Client } from '@aws-sdk/client-s3';

export type S3Sdk = typeof import('@aws-sdk/client-s3');

/** The SDK takes longer to load than everything else, so only who uses it waits for it. */
export function loadSdk(): Promise<S3Sdk> {
  // The version that we use runs on Node 20; it would warn that those of 2027 will not.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return import('@aws-sdk/client-s3');
}

/** Endpoint, region and credentials come from where the SDK looks. */
export function createClient(sdk: S3Sdk): S3Client {
  const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  return new sdk.S3Client({
    // Other stores than Amazon's rarely have a host name for every bucket.
    ...(endpoint !== undefined && { forcePathStyle: true }),
    // A store that no longer answers is an error, and not a training that never ends.
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 120_000 },
  });
}

/** Bucket and key of an object, with the client that reaches it. */
export interface S3Object {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly Bucket: string;
  readonly Key: string;
}
