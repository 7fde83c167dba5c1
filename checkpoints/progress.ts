/** How far work on a checkpoint is. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../errors.ts';
import { CheckpointError } from './errors.ts';
import type { OnBytes } from './read-segments.ts';

export interface Progress {
  readonly phase: 'verify' | 'read' | 'write';
  /** Bytes of the phase that are done, and in all. */
  readonly done: number;
  readonly total: number;
}

export type OnProgress = (progress: Progress) => void;

/** Adds bytes up for `onProgress`. */
export function counted(phase: Progress['phase'], total: number, onProgress?: OnProgress): OnBytes {
  let done = 0;
  return (bytes) => {
    done += bytes;
    onProgress?.({ phase, done, total });
  };
}

/** Bytes of the files of a checkpoint's folder. @throws CheckpointError CHECKPOINT_NOT_FOUND */
export async function bytesOfFolder(folder: string): Promise<number> {
  try {
    const names = await readdir(folder);
    const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch (cause) {
    throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${folder}: cannot be read (${messageOf(cause)})`, { cause });
  }
}
