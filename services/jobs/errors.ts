import { AuspexError } from '../../errors.ts';

export type JobsErrorCode =
  /** Another process serves from the state folder. */
  | 'STATE_LOCKED'
  /** The state folder cannot be used, or was written by a newer version. */
  | 'STATE_FAILED'
  /** The offsets in the state are not those of the topics on this bus. */
  | 'STATE_OF_OTHER_TOPICS'
  /** A root, or the folder of results, does not exist. */
  | 'BAD_ROOT'
  /** There are no events of such a job. */
  | 'JOB_NOT_FOUND'
  /** An evaluation has succeeded, and what it measured is no longer kept. */
  | 'RESULT_NOT_FOUND'
  /** There is no such dead letter, or it has been dealt with. */
  | 'DEAD_LETTER_NOT_FOUND'
  /** A dead letter whose body was too large to be kept with it. */
  | 'DEAD_LETTER_WITHOUT_BODY'
  /** A job that was waited for did not end well. */
  | 'JOB_REJECTED'
  | 'JOB_FAILED'
  | 'JOB_CANCELLED';

/** What goes wrong with the server of jobs, or with asking for one. */
export class JobsError extends AuspexError<JobsErrorCode> {}

export type RejectionCode =
  | 'EMPTY_BODY'
  | 'BODY_TOO_LARGE'
  /** Neither a job in protobuf nor JSON. */
  | 'NOT_A_JOB'
  /** A version of the format that is not known here. */
  | 'UNKNOWN_JOB_SCHEMA'
  | 'UNKNOWN_KIND'
  /** Fields that are missing, unknown or out of range. */
  | 'INVALID_JOB'
  /** The message's key is not the id of the job. */
  | 'WRONG_KEY'
  /** There is another job of this id. */
  | 'ID_TAKEN'
  | 'QUEUE_FULL'
  /** A path leads out of the folders that jobs may use. */
  | 'OUTSIDE_ROOTS'
  | 'PATH_NOT_FOUND'
  /** To be cancelled, but never accepted. */
  | 'JOB_UNKNOWN'
  /** To be cancelled, but at its end already. */
  | 'JOB_ENDED';

/** Why a message is not accepted; what the configuration's own checks find comes as a ConfigError. */
export class RejectionError extends AuspexError<RejectionCode> {}

export type AttemptErrorCode =
  /** The process was ended by a signal. */
  | 'CHILD_KILLED'
  /** The process ended without a result or an error that it knew. */
  | 'CHILD_CRASHED'
  /** The process was asked to end, but not by the server. */
  | 'CHILD_STOPPED'
  /** A server with a new state began at the end of the topics, and knows nothing of the job. */
  | 'JOB_FORGOTTEN'
  /** What lies where the job's results belong is not of this job. */
  | 'RESULT_FOLDER_TAKEN';

/** Why an attempt failed, where the process itself does not say. */
export class AttemptError extends AuspexError<AttemptErrorCode> {}
