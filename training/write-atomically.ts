import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runFileError } from './run-errors.ts';

/**
 * Replaces a file so that at any moment, also after a power cut, either the old or the whole new content is there.
 * @throws RunError DISK_FULL, RUN_FOLDER_NOT_WRITABLE, RUN_FOLDER_FAILED; the old file is then untouched
 */
export function writeAtomically(file: string, content: string | Uint8Array) {
  const draft = `${file}.${process.pid}.part`;
  try {
    const descriptor = openSync(draft, 'w');
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    rmSync(draft, { force: true });
    throw runFileError(error, file);
  }
}

/** A rename is on the disk only when its folder is. */
function syncFolder(folder: string) {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
