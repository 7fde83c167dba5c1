/** The lock that lets one process at a time write into a run folder. */
import path from 'node:path';
import { type ProcessLock, takeLock } from './process-lock.ts';
import { RunError, runFileError } from './run-errors.ts';

export type RunLock = ProcessLock;

const FILE = 'run.lock';

/**
 * Takes the lock of a folder; that of a dead process is taken over.
 * @throws RunError RUN_FOLDER_LOCKED, RUN_FOLDER_NOT_WRITABLE, DISK_FULL
 */
export function lockRunFolder(folder: string): RunLock {
  const file = path.join(folder, FILE);
  try {
    return takeLock(file, ({ who, isElsewhere }) => {
      const hint = isElsewhere ? `; if that machine no longer runs it, delete ${file}.` : '.';
      const message = `${who} is training into ${folder}. Wait for it, or choose another folder with --out${hint}`;
      return new RunError('RUN_FOLDER_LOCKED', message);
    });
  } catch (error) {
    throw runFileError(error, file);
  }
}
