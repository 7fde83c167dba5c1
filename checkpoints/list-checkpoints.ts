/** The checkpoints of a run: what they are, whether they are whole, and why they are kept; and the removal of the others. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../errors.ts';
import { assembleTensors } from './assembled.ts';
import { readChecksums } from './checksums.ts';
import { CheckpointError } from './errors.ts';
import { worldSizeOf } from './inspect-checkpoint.ts';
import { type CheckpointEntry, openCheckpoint } from './open-checkpoint.ts';
import { bytesOfFolder, counted, type OnProgress } from './progress.ts';
import { type KeptBecause, type RetentionPolicy, removeCheckpoint, retained } from './retention.ts';
import { openSafetensors } from './safetensors.ts';
import { type Layout, readState, STATE_FILE } from './state-file.ts';
import { CheckpointStore } from './store.ts';
import { verifyFile } from './verify-files.ts';

export interface ListedCheckpoint extends CheckpointEntry {
  readonly bytes: number;
  /** Null where state.json does not tell. */
  readonly layout: Layout['kind'] | null;
  readonly worldSize: number | null;
  readonly status: 'complete' | 'damaged';
  /** What is wrong; only where it is damaged. */
  readonly problem?: string;
  /** None: the policy no longer keeps it. */
  readonly kept: readonly KeptBecause[];
}

export interface CheckpointList {
  readonly folder: string;
  /** Step that the run goes on from. */
  readonly latest: number | null;
  readonly checkpoints: readonly ListedCheckpoint[];
}

/**
 * Looks at state.json, at the headers and at the sizes of files, and not at the contents: `verifyCheckpoint` does that.
 * @param folder of the checkpoints.
 * @throws CheckpointError CHECKPOINT_NOT_FOUND, or CHECKPOINT_DAMAGED where `latest` names none.
 */
export async function listCheckpoints(folder: string, policy: RetentionPolicy): Promise<CheckpointList> {
  const store = new CheckpointStore(folder);
  const entries = await store.list();
  if (entries.length === 0) return { folder, latest: null, checkpoints: [] };
  const { step: latest } = await store.latest();
  const kept = retained(stepsOf(entries), latest, policy);
  const checkpoints: ListedCheckpoint[] = [];
  for (const entry of entries) checkpoints.push({ ...(await look(entry)), kept: kept.get(entry.step)! });
  return { folder, latest, checkpoints };
}

export interface PruneOptions {
  /** Only says what would be removed. @default false */
  readonly dryRun?: boolean;
  readonly onProgress?: OnProgress;
}

export interface Pruned {
  readonly folder: string;
  readonly dryRun: boolean;
  readonly removed: readonly (CheckpointEntry & { readonly bytes: number })[];
  readonly kept: readonly (CheckpointEntry & { readonly because: readonly KeptBecause[] })[];
}

/**
 * Removes what a policy does not keep, the oldest first, and never the latest. One that is kept is verified before anything
 * is removed: the last good checkpoint must not go for the sake of one that is damaged.
 * @throws CheckpointError CHECKPOINT_DAMAGED where the latest is; nothing is removed then. CHECKPOINT_WRITE_FAILED.
 */
export async function pruneCheckpoints(
  folder: string,
  policy: RetentionPolicy,
  { dryRun = false, onProgress }: PruneOptions = {},
): Promise<Pruned> {
  const store = new CheckpointStore(folder);
  const entries = await store.list();
  if (entries.length === 0) return { folder, dryRun, removed: [], kept: [] };
  const latest = await store.latest();
  const reasons = retained(stepsOf(entries), latest.step, policy);
  const unwanted = entries.filter(({ step }) => reasons.get(step)!.length === 0);
  const removed = await Promise.all(
    unwanted.map(async (entry) => ({ ...entry, bytes: await bytesOfFolder(entry.path) })),
  );
  const kept = entries.flatMap((entry) => {
    const because = reasons.get(entry.step)!;
    return because.length > 0 ? [{ ...entry, because }] : [];
  });
  if (!dryRun && removed.length > 0) {
    await requireGood(latest, onProgress);
    for (const entry of removed) await removeCheckpoint(entry.path);
  }
  return { folder, dryRun, removed, kept };
}

function stepsOf(entries: readonly CheckpointEntry[]): number[] {
  return entries.map(({ step }) => step);
}

async function requireGood(latest: CheckpointEntry, onProgress?: OnProgress): Promise<void> {
  try {
    await openCheckpoint(latest, { onBytes: counted('verify', await bytesOfFolder(latest.path), onProgress) });
  } catch (cause) {
    throw new CheckpointError(
      'CHECKPOINT_DAMAGED',
      `${messageOf(cause)}; nothing is removed, because an older checkpoint may be needed`,
      { cause },
    );
  }
}

async function look(entry: CheckpointEntry): Promise<Omit<ListedCheckpoint, 'kept'>> {
  const bytes = await bytesOfFolder(entry.path);
  let layout: Layout | undefined;
  try {
    const sums = await readChecksums(entry.path);
    await verifyFile(entry.path, STATE_FILE, sums);
    ({ layout } = await readState(entry.path, sums));
    assembleTensors(entry.path, layout, (name) => openSafetensors(path.join(entry.path, name)));
    for (const name of sums.keys()) await stat(path.join(entry.path, name));
    return { ...entry, bytes, layout: layout.kind, worldSize: worldSizeOf(layout), status: 'complete' };
  } catch (error) {
    const known = { layout: layout?.kind ?? null, worldSize: layout ? worldSizeOf(layout) : null };
    return { ...entry, bytes, ...known, status: 'damaged', problem: messageOf(error) };
  }
}
