import { AuspexError } from '../../errors.ts';

export type TensorFlowErrorCode =
  /** `auspex setup tensorflow` has not been run, or for other versions than these. */
  | 'TENSORFLOW_NOT_SET_UP'
  /** What was set up cannot be loaded. */
  | 'TENSORFLOW_NOT_LOADED'
  /** A GPU was asked for, and TensorFlow sees none. */
  | 'NO_GPU'
  /** The program has an operation that this executor cannot run as it stands. */
  | 'UNSUPPORTED_OPERATION'
  /** TensorFlow refused an operation, or its thread ended. */
  | 'TENSORFLOW_FAILED';

export class TensorFlowError extends AuspexError<TensorFlowErrorCode> {}
