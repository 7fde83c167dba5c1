/**
 * Files that appear whole or not at all: written beside their place, flushed to the disk, then renamed over it. A crash
 * at any point leaves the old file, and at worst a forgotten temporary one.
 */
import { constants } from 'node:fs';
import { access, type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { AuspexError, messageOf } from '../errors.ts';
import { CheckpointError } from './errors.ts';

/** What to do about the system's errors that a person can do something about. */
const REMEDIES: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space or choose another folder',
  EDQUOT: 'the disk quota is used up; free some space or choose another folder',
  EROFS: 'the disk is read-only; choose another folder',
  EACCES: 'permission denied; choose a folder that you may write to',
  EPERM: 'permission denied; choose a folder that you may write to',
  ENOENT: 'its folder does not exist; make it, or choose another',
  ENOTDIR: 'a part of the path is a file and not a folder; choose another folder',
};

/** The typed error for a system call that failed: what could not be written, why, and what to do. Others pass. */
export function writeError(file: string, cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (cause instanceof AuspexError || typeof code !== 'string') return cause;
  const reason = REMEDIES[code] ?? messageOf(cause);
  return new CheckpointError('CHECKPOINT_WRITE_FAILED', `${file}: cannot be written: ${reason}`, { cause });
}

/**
 * Replaces a file by what `write` puts into it.
 * @throws CheckpointError CHECKPOINT_WRITE_FAILED; the file is then as it was.
 */
export async function writeFileAtomically<T>(file: string, write: (handle: FileHandle) => Promise<T>): Promise<T> {
  const temporary = path.join(path.dirname(file), `.tmp-${path.basename(file)}-${process.pid}`);
  try {
    const result = await writeFileDurably(temporary, write);
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
    return result;
  } catch (cause) {
    // The write's error matters more than one of tidying up after it.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(file, cause);
  }
}

/**
 * Finds out before long work whether its result could be written at all.
 * @throws CheckpointError CHECKPOINT_WRITE_FAILED
 */
export async function checkWritable(file: string): Promise<void> {
  try {
    await access(path.dirname(file), constants.W_OK);
    const status = await stat(file).catch(() => undefined);
    if (status?.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  } catch (cause) {
    throw writeError(file, cause);
  }
}

/** Writes a new file and flushes it to the disk; not atomic by itself. */
export async function writeFileDurably<T>(file: string, write: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o666);
  try {
    const result = await write(handle);
    await handle.sync();
    return result;
  } finally {
    await handle.close();
  }
}

/** Appends to a file that somebody else reads the bytes for. @throws CheckpointError CHECKPOINT_WRITE_FAILED */
export async function appendTo(handle: FileHandle, file: string, bytes: Uint8Array): Promise<void> {
  await handle.writeFile(bytes).catch((cause: unknown) => {
    throw writeError(file, cause);
  });
}

/** Flushes a folder's entries, so that a rename in it survives a power failure. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
