/** What the S3 client throws, as our errors. */
import type { S3ServiceException } from '@aws-sdk/client-s3';
import { messageOf } from '../../errors.ts';
import { CheckpointError } from '../errors.ts';
import { DestinationError, type DestinationErrorCode } from './errors.ts';

/** The object is not there; a bucket that is not there is something else. */
export function isMissing(error: unknown): boolean {
  return isAnswer(error) && (error.name === 'NoSuchKey' || error.name === 'NotFound');
}

/** What the store answered, in contrast to what kept it from answering. */
function isAnswer(error: unknown): error is S3ServiceException {
  return error instanceof Error && '$metadata' in error && '$fault' in error;
}

const DENIED = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'CredentialsProviderError',
  'Forbidden',
]);

const REMEDIES: Readonly<Record<Exclude<DestinationErrorCode, 'DESTINATION_INVALID' | 'DESTINATION_TAKEN'>, string>> = {
  DESTINATION_DENIED:
    'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE), and that they may read and write there',
  DESTINATION_NOT_FOUND: 'make the bucket, or correct its name, AWS_REGION or AWS_ENDPOINT_URL_S3',
  DESTINATION_FAILED: 'the same command goes on where this one ended',
};

/** @param name of the object */
export function explainS3(error: unknown, url: string, name: string): unknown {
  if (error instanceof DestinationError || error instanceof CheckpointError || error instanceof RangeError)
    return error;
  const code = codeOf(error);
  const reason = error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : messageOf(error);
  const kind = error instanceof Error && error.name !== 'Error' ? `${error.name}: ` : '';
  return new DestinationError(code, `${url}: ${name}: ${kind}${reason}; ${REMEDIES[code]}`, { cause: error });
}

function codeOf(error: unknown): keyof typeof REMEDIES {
  const name = error instanceof Error ? error.name : '';
  const status = isAnswer(error) ? error.$metadata.httpStatusCode : undefined;
  if (DENIED.has(name) || status === 401 || status === 403) return 'DESTINATION_DENIED';
  return name === 'NoSuchBucket' ? 'DESTINATION_NOT_FOUND' : 'DESTINATION_FAILED';
}
