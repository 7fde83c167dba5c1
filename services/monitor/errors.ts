import { AuspexError } from '../../errors.ts';

export type MonitorErrorCode =
  /** The folder holds the state of a monitoring of something else, or with other options. */
  | 'MONITOR_STATE_DIFFERS'
  /** The state is no state, or of a newer format. */
  | 'MONITOR_STATE_UNUSABLE';

/** What can go wrong when a topic is monitored, beside the bus and the files. */
export class MonitorError extends AuspexError<MonitorErrorCode> {}
