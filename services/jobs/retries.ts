/** Which failures may pass, and how long to wait before a job is tried again. */

/** Codes of errors that another attempt may not meet. All others come from what the job asks for, and would come again. */
const MAY_PASS = new Set([
  // Of the process itself.
  'CHILD_KILLED',
  'CHILD_CRASHED',
  'CHILD_STOPPED',
  'INTERNAL',
  'PROCESS_FAILED',
  // Of disks and locks.
  'DISK_FULL',
  'CHECKPOINT_WRITE_FAILED',
  'LAST_SAVE_FAILED',
  'RUN_FOLDER_LOCKED',
  'RUN_FOLDER_FAILED',
  // Between ranks, and of the network.
  'NO_PROGRESS',
  'PEER_LOST',
  'TIMED_OUT',
  'ABORTED',
  'CANNOT_CONNECT',
  'CANNOT_OPEN',
  'NODE_LOST',
  'ASK_TIMED_OUT',
  'LISTEN_FAILED',
  'CONNECT_FAILED',
  'DESTINATION_FAILED',
  'BUS_UNREACHABLE',
  'PUBLISH_FAILED',
]);

export function mayPass(code: string): boolean {
  return MAY_PASS.has(code);
}

export interface RetryPolicy {
  /** Failed attempts after which a job is given up. */
  readonly maximumAttempts: number;
  /** Milliseconds before the second attempt; each later one waits twice as long. */
  readonly firstDelay: number;
  /** Milliseconds that no wait exceeds. */
  readonly longestDelay: number;
}

/**
 * Milliseconds to wait after so many failures, half of it by chance, so that jobs that failed together do not return together;
 * undefined where the job is given up.
 * @param random in [0, 1)
 */
export function retryDelay(failures: number, code: string, policy: RetryPolicy, random: number): number | undefined {
  if (!mayPass(code) || failures >= policy.maximumAttempts) return undefined;
  const whole = Math.min(policy.longestDelay, policy.firstDelay * 2 ** (failures - 1));
  return Math.round(whole * (0.5 + random / 2));
}
