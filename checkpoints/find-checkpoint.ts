/** Which checkpoint a folder means: itself, or the latest of those that it holds. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { CHECKSUMS_FILE } from './checksums.ts';
import { CheckpointError } from './errors.ts';
import type { CheckpointEntry } from './open-checkpoint.ts';
import { peekStep, STATE_FILE } from './state-file.ts';
import { CheckpointStore } from './store.ts';

/** Whether a folder is one checkpoint, damaged ones included; its name matters only where nothing else tells. */
export function isCheckpoint(folder: string): boolean {
  return (
    [STATE_FILE, CHECKSUMS_FILE].some((file) => existsSync(path.join(folder, file))) || stepOfName(folder) !== undefined
  );
}

/** The folder of checkpoints of a run folder, or the folder itself. @throws CheckpointError CHECKPOINT_NOT_FOUND */
export function checkpointsFolder(folder: string): string {
  requireFolder(folder);
  const inRun = path.join(folder, 'checkpoints');
  return existsSync(inRun) ? inRun : folder;
}

/**
 * @param folder a checkpoint's folder whatever its name, a run folder, or a folder of checkpoints.
 * @throws CheckpointError CHECKPOINT_NOT_FOUND, CHECKPOINT_DAMAGED
 */
export async function findCheckpoint(folder: string): Promise<CheckpointEntry> {
  requireFolder(folder);
  return isCheckpoint(folder) ? entryOf(folder) : new CheckpointStore(checkpointsFolder(folder)).latest();
}

/** The entry of a folder that is a checkpoint. @throws CheckpointError CHECKPOINT_DAMAGED where nothing tells its step. */
export async function entryOf(folder: string): Promise<CheckpointEntry> {
  const named = stepOfName(folder);
  // A damaged state.json is reported when the checkpoint is verified, and not here.
  return { step: named ?? (await peekStep(folder)), path: folder };
}

function stepOfName(folder: string): number | undefined {
  const step = /^step-(\d+)$/.exec(path.basename(path.resolve(folder)))?.[1];
  return step === undefined ? undefined : Number(step);
}

function requireFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  throw new CheckpointError(
    'CHECKPOINT_NOT_FOUND',
    `${folder} ${found ? 'is no folder' : 'does not exist'}. Give a run folder, or a checkpoint's folder.`,
  );
}
