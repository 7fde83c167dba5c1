import { AuspexError } from '../../errors.ts';

export type ReportErrorCode =
  /** A path that does not exist, or below which there is no result. */
  | 'NO_RESULTS'
  /** No JSON, or not what an evaluation writes. */
  | 'RESULT_INVALID'
  /** Written by a version with another format. */
  | 'RESULT_VERSION'
  /** The same evaluation of the same checkpoint twice. */
  | 'RESULT_DUPLICATE'
  /** A list of examples that is no such list. */
  | 'EXAMPLES_INVALID'
  /** Differences were asked for to something that is neither in the paper nor among the results. */
  | 'UNKNOWN_BASELINE';

/** What keeps results from becoming a report. */
export class ReportError extends AuspexError<ReportErrorCode> {}
