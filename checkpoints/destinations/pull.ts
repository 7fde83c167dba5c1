/**
 * A checkpoint, copied back from a destination. Every file is compared with its checksum before the checkpoint gets its
 * name; an interrupted copy goes on with the files that are missing.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeError, writeFileAtomically, writeFileDurably } from '../atomic-file.ts';
import { CHECKSUMS_FILE, parseChecksums, requireListed } from '../checksums.ts';
import { CheckpointError } from '../errors.ts';
import type { CheckpointEntry } from '../open-checkpoint.ts';
import { STATE_FILE } from '../state-file.ts';
import { LATEST_FILE, parseLatest, stepFolder, TEMPORARY_PREFIX } from '../store.ts';
import { verifyFile } from '../verify-files.ts';
import type { Destination } from './destination.ts';
import { type PushedFile, REMOTE_FOLDER } from './push.ts';

export interface PullOptions {
  /** @default the one that `latest` names */
  readonly step?: number;
  /** Called after each file. */
  readonly onFile?: (file: PulledFile) => void;
  /** Brings what has to be there before `latest` names the checkpoint. */
  readonly beforeLatest?: (entry: CheckpointEntry) => Promise<void>;
}

export type PulledFile = Pick<PushedFile, 'name' | 'bytes'>;

/**
 * @param folder for checkpoints, into which nobody else writes; made if it is missing. Its `latest` then names the checkpoint unless it names a newer one.
 * @throws CheckpointError CHECKPOINT_NOT_FOUND, CHECKPOINT_DAMAGED that names the object, CHECKPOINT_WRITE_FAILED;
 *   DestinationError. What was there before is intact.
 */
export async function pullCheckpoint(
  destination: Destination,
  folder: string,
  { step: wanted, onFile, beforeLatest }: PullOptions = {},
): Promise<CheckpointEntry> {
  const step = wanted ?? (await latestStep(destination));
  const remote = `${REMOTE_FOLDER}/${stepFolder(step)}`;
  const listing = await destination.read(`${remote}/${CHECKSUMS_FILE}`);
  if (!listing) {
    throw new CheckpointError(
      'CHECKPOINT_NOT_FOUND',
      `${destination.url}/${remote}: there is no such checkpoint, or it was not copied to its end; push it again`,
    );
  }
  const sums = parseChecksums(listing.toString('utf8'), `${destination.url}/${remote}/${CHECKSUMS_FILE}`);
  requireListed(`${destination.url}/${remote}`, sums, [STATE_FILE]);
  const entry = { step, path: path.join(folder, stepFolder(step)) };
  try {
    if (!(await isThere(entry.path, listing))) {
      const temporary = path.join(folder, `${TEMPORARY_PREFIX}pull-${stepFolder(step)}`);
      await mkdir(temporary, { recursive: true });
      for (const [name, sha256] of sums) {
        const pulled = await pullFile(destination, remote, temporary, name, sha256);
        onFile?.(pulled);
      }
      await writeFileDurably(path.join(temporary, CHECKSUMS_FILE), (file) => file.writeFile(listing));
      await syncFolder(temporary);
      await rename(temporary, entry.path);
      await syncFolder(folder);
    }
    await beforeLatest?.(entry);
    await movePointer(folder, step);
    return entry;
  } catch (cause) {
    throw writeError(entry.path, cause);
  }
}

async function latestStep(destination: Destination): Promise<number> {
  const pointer = `${REMOTE_FOLDER}/${LATEST_FILE}`;
  const step = parseLatest((await destination.read(pointer))?.toString('utf8') ?? '');
  if (step !== undefined) return step;
  throw new CheckpointError(
    'CHECKPOINT_NOT_FOUND',
    `${destination.url}: ${pointer} names no checkpoint; none was copied here to its end`,
  );
}

/** @throws CheckpointError where another checkpoint of this step is there. */
async function isThere(target: string, listing: Buffer): Promise<boolean> {
  const own = await readFile(path.join(target, CHECKSUMS_FILE)).catch(() => undefined);
  if (own?.equals(listing)) return true;
  const exists = await stat(target).then(
    () => true,
    () => false,
  );
  if (!exists) return false;
  throw new CheckpointError(
    'CHECKPOINT_WRITE_FAILED',
    `${target}: another checkpoint of this step is there; pull into another folder, or remove it first`,
  );
}

async function pullFile(
  destination: Destination,
  remote: string,
  temporary: string,
  name: string,
  sha256: string,
): Promise<PulledFile> {
  const file = path.join(temporary, name);
  const alreadyThere = await verifyFile(temporary, name, new Map([[name, sha256]])).then(
    () => true,
    () => false,
  );
  if (alreadyThere) return { name, bytes: (await stat(file)).size };
  const got = await destination.download(`${remote}/${name}`, file);
  if (got?.sha256 === sha256) return { name, bytes: got.bytes };
  await rm(file, { force: true });
  const problem = got ? `differs from its checksum in ${CHECKSUMS_FILE}` : 'is missing';
  throw new CheckpointError(
    'CHECKPOINT_DAMAGED',
    `${destination.url}/${remote}/${name}: ${problem}; pull another step (--step), or push this one again`,
  );
}

/** Like a run's own pointer: never back to an older checkpoint than it names. */
async function movePointer(folder: string, step: number): Promise<void> {
  const pointer = path.join(folder, LATEST_FILE);
  const current = parseLatest(await readFile(pointer, 'utf8').catch(() => ''));
  if (current !== undefined && current >= step) return;
  await writeFileAtomically(pointer, (file) => file.writeFile(`${stepFolder(step)}\n`));
}

/**
 * Copies the files of the run that lie beside its checkpoints, where a run was pushed.
 * @param names that a run folder has
 * @param replace those that are here already; otherwise they stay
 * @returns names of what was copied
 */
export async function pullRunFiles(
  destination: Destination,
  folder: string,
  names: readonly string[],
  replace: boolean,
): Promise<string[]> {
  const pulled: string[] = [];
  for (const name of names) {
    const target = path.join(folder, name);
    if (!replace && existsSync(target)) continue;
    if (await pullRunFile(destination, name, target)) pulled.push(name);
  }
  return pulled;
}

/** @returns whether there is such a file. */
async function pullRunFile(destination: Destination, name: string, target: string): Promise<boolean> {
  const identity = await destination.identify(name);
  if (!identity) return false;
  const temporary = path.join(path.dirname(target), `${TEMPORARY_PREFIX}pull-${name}`);
  try {
    const got = await destination.download(name, temporary);
    if (got?.sha256 !== identity.sha256) {
      throw new CheckpointError(
        'CHECKPOINT_DAMAGED',
        `${destination.url}/${name}: differs from its checksum; push the run again`,
      );
    }
    await rename(temporary, target);
    await syncFolder(path.dirname(target));
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}
