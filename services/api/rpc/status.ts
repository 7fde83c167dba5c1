/** Which status of gRPC stands for which error. */
import { type StatusObject, status } from '@grpc/grpc-js';
import { CheckpointError } from '../../../checkpoints/errors.ts';
import { BusError } from '../../../data/topics/bus-error.ts';
import { AuspexError } from '../../../errors.ts';
import { EvaluationError } from '../../../evals/errors.ts';
import { ConfigError } from '../../../training/config/errors.ts';
import { JobRejectedError } from '../errors.ts';
import { detailedStatus } from './status-details.ts';

/** The status of each stable code that has one of its own. */
const STATUS_OF_CODE: Readonly<Record<string, status>> = {
  API_UNAUTHENTICATED: status.UNAUTHENTICATED,
  API_FORBIDDEN: status.PERMISSION_DENIED,
  API_RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  API_INVALID_REQUEST: status.INVALID_ARGUMENT,
  API_AUDIT_FAILED: status.UNAVAILABLE,
  API_SHUTTING_DOWN: status.UNAVAILABLE,
  API_ENCODERS_BUSY: status.RESOURCE_EXHAUSTED,
  INDEX_NOT_FOUND: status.NOT_FOUND,
  INDEX_DAMAGED: status.DATA_LOSS,
  EMPTY_BODY: status.INVALID_ARGUMENT,
  BODY_TOO_LARGE: status.INVALID_ARGUMENT,
  NOT_A_JOB: status.INVALID_ARGUMENT,
  UNKNOWN_JOB_SCHEMA: status.INVALID_ARGUMENT,
  UNKNOWN_KIND: status.INVALID_ARGUMENT,
  INVALID_JOB: status.INVALID_ARGUMENT,
  WRONG_KEY: status.INVALID_ARGUMENT,
  ID_TAKEN: status.ALREADY_EXISTS,
  QUEUE_FULL: status.RESOURCE_EXHAUSTED,
  OUTSIDE_ROOTS: status.PERMISSION_DENIED,
  PATH_NOT_FOUND: status.NOT_FOUND,
  JOB_UNKNOWN: status.NOT_FOUND,
  JOB_NOT_FOUND: status.NOT_FOUND,
  RESULT_NOT_FOUND: status.NOT_FOUND,
  JOB_ENDED: status.FAILED_PRECONDITION,
  JOB_FAILED: status.FAILED_PRECONDITION,
  CHECKPOINT_NOT_FOUND: status.NOT_FOUND,
  CHECKPOINT_DAMAGED: status.DATA_LOSS,
};

function statusOf(error: AuspexError): status {
  const known = STATUS_OF_CODE[error.code];
  if (known !== undefined) return known;
  if (error instanceof JobRejectedError || error instanceof ConfigError) return status.INVALID_ARGUMENT;
  if (error instanceof EvaluationError) return status.INVALID_ARGUMENT;
  if (error instanceof CheckpointError) return status.FAILED_PRECONDITION;
  if (error instanceof BusError) return status.UNAVAILABLE;
  return status.FAILED_PRECONDITION;
}

/** What a caller is told. Of errors that nobody foresaw it is told only that there was one. */
export function statusObjectOf(thrown: unknown): StatusObject {
  if (!(thrown instanceof AuspexError)) {
    const message = 'Something went wrong in the server; its log says what.';
    return detailedStatus(status.INTERNAL, 'INTERNAL', message);
  }
  return detailedStatus(statusOf(thrown), thrown.code, thrown.message);
}
