/** Processes of a training, found by a mark in their environment that those whom they start inherit. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export const MARK = 'AUSPEX_CHAOS';

/** Ids of all living processes with this mark; a zombie is one, and has no environment any more. */
export function processesMarked(mark: string): number[] {
  const wanted = `${MARK}=${mark}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => (readOrEmpty(`/proc/${pid}/environ`) ?? '').split('\0').includes(wanted))
    .map(Number);
}

/** Ids of children of this process that have ended and that nobody has taken note of. */
export function zombiesOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const stat = readOrEmpty(`/proc/${pid}/stat`);
      const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' && Number(ppid) === parent;
    })
    .map(Number);
}

/** Sends a signal to a process that may have ended. */
export function signal(pid: number | undefined, name: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

export function isAlive(pid: number | undefined): boolean {
  return pid !== undefined && existsSync(`/proc/${pid}`);
}

/** Waits until no process has the mark. @returns those that are left after so many milliseconds */
export async function untilGone(mark: string, milliseconds: number): Promise<number[]> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const left = processesMarked(mark);
    if (left.length === 0 || performance.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
