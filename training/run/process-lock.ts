/**
 * A lock file that lets one process at a time do something.
 *
 * The file appears complete by a hard link, so that nobody can read half of it, and names its owner by process id, the
 * time at which that process started and the boot, so that a reused id is not taken for the owner.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';

interface Owner {
  readonly host: string;
  readonly boot: string;
  readonly pid: number;
  /** Clock ticks after boot at which the process started. */
  readonly started: string;
}

export interface ProcessLock {
  /** Removes the file if it is still ours. Safe to call twice. */
  release(): void;
}

/** Who holds a lock, for messages. */
export interface LockHolder {
  /** `process 17`, `process 17 on host`, or `a process`. */
  readonly who: string;
  /** It cannot be looked at from here: only a person can say whether it lives. */
  readonly isElsewhere: boolean;
}

/**
 * Takes a lock; that of a dead process is taken over.
 * @param refused makes the error to be thrown where a live process holds it
 * @throws what the file system throws
 */
export function takeLock(file: string, refused: (holder: LockHolder) => Error): ProcessLock {
  const own = JSON.stringify(thisProcess());
  // Not by the process id: in containers that share a volume these are often the same.
  const draft = `${file}.${randomUUID()}`;
  try {
    writeFileSync(draft, own);
    if (!tryLink(draft, file)) takeOver(draft, file, refused);
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release() {
      if (readOrUndefined(file) === own) rmSync(file, { force: true });
    },
  };
}

/** Puts `draft` in the place of a dead owner's lock, or throws. */
function takeOver(draft: string, file: string, refused: (holder: LockHolder) => Error) {
  const owner = readOrUndefined(file);
  if (owner !== undefined && isAlive(owner)) throw refused(holderOf(owner));
  // One at a time, or a slow one would take a quick one's lock for that of the dead.
  const turn = takeLock(`${file}.turn`, refused);
  try {
    const found = readOrUndefined(file);
    if (found !== undefined && !isAlive(found)) renameSync(draft, file);
    else if (!tryLink(draft, file)) throw refused(holderOf(readOrUndefined(file) ?? '{}'));
  } finally {
    turn.release();
  }
}

function thisProcess(): Owner {
  return { host: os.hostname(), boot: bootId(), pid: process.pid, started: startTime(process.pid) ?? '' };
}

/**
 * An owner on another host cannot be looked at and counts as alive; a file that nobody can read as one does not. A host name may be
 * that of one machine at a time: its earlier boots are over.
 */
function isAlive(lock: string): boolean {
  const owner = parseOwner(lock);
  if (!owner) return false;
  if (owner.host !== os.hostname()) return true;
  return owner.boot === bootId() && startTime(owner.pid) === owner.started;
}

function holderOf(lock: string): LockHolder {
  const owner = parseOwner(lock);
  if (!owner) return { who: 'a process', isElsewhere: false };
  const isElsewhere = owner.host !== os.hostname();
  return { who: `process ${owner.pid}${isElsewhere ? ` on ${owner.host}` : ''}`, isElsewhere };
}

function parseOwner(lock: string): Owner | undefined {
  try {
    const owner = JSON.parse(lock) as Partial<Owner>;
    return typeof owner.pid === 'number' && typeof owner.host === 'string' ? (owner as Owner) : undefined;
  } catch {
    return undefined; // not written by us: a power cut leaves zeros
  }
}

function bootId(): string {
  return readOrUndefined('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/**
 * Field 22 of /proc/PID/stat, counted after the name in brackets, which may hold anything; undefined if there is no such
 * process, or if it has ended and its parent has not taken note of that: in a container perhaps nobody ever does.
 */
function startTime(pid: number): string | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && 'ZXx'.includes(fields[0]!) ? undefined : fields?.[19];
}

function readOrUndefined(file: string): string | undefined {
  return unless(['ENOENT', 'ESRCH'], () => readFileSync(file, 'utf8'));
}

function tryLink(from: string, to: string): boolean {
  return (
    unless(['EEXIST'], () => {
      linkSync(from, to);
      return true;
    }) ?? false
  );
}

/** The result of `action`, or undefined if it failed with one of the expected codes. */
function unless<Result>(codes: readonly string[], action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
