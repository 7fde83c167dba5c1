import type { S3Client } from '@aws-sdk/client-s3';

/** Bucket and key of an object, with the client that reaches it. */
export interface S3Object {
  readonly client: S3Client;
  readonly Bucket: string;
  readonly Key: string;
}
