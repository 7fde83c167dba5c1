import { AuspexError } from '../../errors.ts';

export type ApiErrorCode =
  /** Others than this machine could reach the server, and nothing says who may. */
  | 'API_INSECURE'
  | 'API_LISTEN_FAILED'
  /** The file of clients, or one of TLS, cannot be used. */
  | 'API_BAD_OPTION'
  /** No token or certificate, or one that is not known. */
  | 'API_UNAUTHENTICATED'
  /** The client's role does not include what it asked for. */
  | 'API_FORBIDDEN'
  /** More calls than a client may make. */
  | 'API_RATE_LIMITED'
  /** A request with fields that are missing or out of range. */
  | 'API_INVALID_REQUEST'
  /** What was to be noted about a submission could not be; it was not carried out. */
  | 'API_AUDIT_FAILED'
  /** The server ends. */
  | 'API_SHUTTING_DOWN'
  /** All encoders that may be loaded at once are in use. */
  | 'API_ENCODERS_BUSY'
  /** An index for search that does not exist. */
  | 'INDEX_NOT_FOUND'
  /** The files of an index cannot be used. */
  | 'INDEX_DAMAGED';

/** What goes wrong with the API itself. */
export class ApiError extends AuspexError<ApiErrorCode> {}

/** A job was not accepted. The code is that of its rejection, which any layer may have given. */
export class JobRejectedError extends AuspexError {}
