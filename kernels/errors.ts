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

export type CollectiveErrorCode =
  /** A rank ended, closed its communicator, or its connection broke. */
  | 'PEER_LOST'
  /** A rank did not come to the call within the communicator's time. */
  | 'TIMED_OUT'
  /** A rank called abort(), or this one close(). */
  | 'ABORTED'
  /** Ranks issued different calls on one channel. */
  | 'MISMATCHED'
  /** The ranks do not agree on size, region, transport or version, or one cannot be reached. */
  | 'CANNOT_CONNECT'
  /** The system refuses what a communicator needs: memory to share, or the host's address. */
  | 'CANNOT_OPEN'
  /** Arguments that no call takes, or a call before connect(). */
  | 'INVALID_CALL'
  /** The addon was built without Gloo. */
  | 'GLOO_MISSING'
  /** NCCL, the CUDA runtime or a GPU is not there. */
  | 'NCCL_MISSING';

/** A collective that cannot complete, or ranks that cannot come together. */
export class CollectiveError extends AuspexError<CollectiveErrorCode> {
  /** The rank that is lost, late, or that aborted, where it is known. */
  readonly rank: number | undefined;

  constructor(code: CollectiveErrorCode, message: string, options?: { cause?: unknown; rank?: number | undefined }) {
    super(code, message, options);
    this.rank = options?.rank;
  }
}
