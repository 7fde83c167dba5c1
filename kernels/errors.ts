import { AuspexError } from '../errors.ts';

export type ExecutorErrorCode =
  /** The program has no value of that name. */
  | 'UNKNOWN_VALUE'
  /** The value does not hold f32 numbers. */
  | 'WRONG_DTYPE'
  /** More or fewer bytes than the value has. */
  | 'WRONG_SIZE'
  /** Values are out of reach, and a second run has to wait, while a run is under way. */
  | 'PROGRAM_RUNNING';

/** An executor that was asked for something it cannot do. */
export class ExecutorError extends AuspexError<ExecutorErrorCode> {}
