/**
 * A folder that appears whole or not at all, and never in the place of another: written beside its place under a name of its
 * own, flushed to the disk, and renamed. Two processes that make the same folder do not meet; the second to finish is told
 * that it exists. What a killed one left behind is cleared by the next that writes there.
 */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { syncFolder, writeError } from './atomic-file.ts';
import { CheckpointError } from './errors.ts';

/** Not `.tmp-`: a training that saves beside it clears those. */
const PREFIX = '.part-';

/**
 * @param write fills the folder that it is given, and flushes what it writes.
 * @throws CheckpointError CHECKPOINT_EXISTS; CHECKPOINT_WRITE_FAILED. Nothing is left then.
 */
export async function writeNewFolder<T>(target: string, write: (folder: string) => Promise<T>): Promise<T> {
  const absolute = path.resolve(target);
  await requireFree(absolute);
  const parent = path.dirname(absolute);
  const temporary = path.join(parent, `${ownPrefix()}${process.pid}-${randomUUID().slice(0, 8)}`);
  try {
    await mkdir(parent, { recursive: true });
    await removeLeftovers(parent);
    await mkdir(temporary);
    const result = await write(temporary);
    await syncFolder(temporary);
    await renameInto(temporary, absolute);
    await syncFolder(parent);
    return result;
  } catch (cause) {
    // The error matters more than one of tidying up after it.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw writeError(absolute, cause);
  }
}

/** @throws CheckpointError CHECKPOINT_EXISTS: asked before long work as well. */
export async function requireFree(target: string): Promise<void> {
  const found = await lstat(target).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw writeError(target, cause);
  });
  if (found) throw exists(target);
}

/** A rename replaces an empty folder, and fails where there is anything else. */
async function renameInto(temporary: string, target: string): Promise<void> {
  try {
    await rename(temporary, target);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR' ? exists(target) : cause;
  }
}

/** Names say host and process: those of a process of this host that is gone are nobody's. */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(ownPrefix())) continue;
    const pid = Number(name.slice(ownPrefix().length).split('-')[0]);
    if (!isAlive(pid)) await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

function ownPrefix(): string {
  return `${PREFIX}${os.hostname()}-`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function exists(target: string): CheckpointError {
  return new CheckpointError(
    'CHECKPOINT_EXISTS',
    `${target}: exists already, and nothing is overwritten; choose another`,
  );
}
