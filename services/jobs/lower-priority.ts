/** Lets a process yield to this one, which is to answer quickly while jobs use all cores. */
import { writeFileSync } from 'node:fs';
import os from 'node:os';

/** How much lower its priority is, in steps of nice. */
const NICER = 10;
/** Below a process that this one has lowered. */
export const BELOW_LOWERED = 2 * NICER;
const LEAST_PRIORITY = 19;

/**
 * To be called as soon as there is the process: its threads, and processes of its own, get their priority from it when they begin.
 * @param pid of the first process of a session
 * @throws Error of the system
 */
export function lowerPriority(pid: number, nicer = NICER): void {
  const nice = Math.min(LEAST_PRIORITY, os.getPriority() + nicer);
  os.setPriority(pid, nice);
  try {
    // Linux may weigh whole sessions against each other, and nice within them only.
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch (error) {
    // A system without that has no such file.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * The same beside a training: it computes when the training does not, and where memory runs out it is the one that goes.
 * @throws Error of the system
 */
export function yieldToTraining(pid: number, nicer = NICER): void {
  lowerPriority(pid, nicer);
  writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
}
