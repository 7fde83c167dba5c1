/**
 * A checkpoint, copied to a destination in two phases:
 *
 *     every file, then state.json ──▶ SHA256SUMS: the checkpoint is whole ──▶ files of the run ──▶ latest points at it
 *
 * A checkpoint without SHA256SUMS is none, so that what was half copied is never taken for a good one. Copying again sends
 * what is missing. The destination looks like a run folder:
 *
 *     checkpoints/step-00001000/...
 *     checkpoints/latest
 *     run.json, config.yaml, ...      where a run was copied, so that it can be resumed elsewhere
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { CHECKSUMS_FILE, formatChecksums } from '../checksums.ts';
import type { CheckpointEntry } from '../open-checkpoint.ts';
import { STATE_FILE } from '../state-file.ts';
import { LATEST_FILE, parseLatest, stepFolder } from '../store.ts';
import { verifyChecksums } from '../verify-files.ts';
import type { Destination } from './destination.ts';

/** Where checkpoints lie at a destination. */
export const REMOTE_FOLDER = 'checkpoints';

export interface PushOptions {
  /** Files of the run beside its checkpoints, by name. */
  readonly runFiles?: () => Promise<ReadonlyMap<string, Uint8Array>>;
  /**
   * When `latest` is moved: always, because the run goes on from here, or only if it names nothing newer.
   * @default 'unless-newer'
   */
  readonly latest?: 'always' | 'unless-newer';
  /** Called after each file. */
  readonly onFile?: (file: PushedFile) => void;
}

export interface PushedFile {
  readonly name: string;
  readonly bytes: number;
  /** Less than `bytes` where it, or some of its parts, had been copied before. */
  readonly sentBytes: number;
}

export interface Pushed {
  readonly step: number;
  readonly files: readonly PushedFile[];
  /** Whether `latest` names it now. */
  readonly isLatest: boolean;
}

/**
 * @throws CheckpointError CHECKPOINT_DAMAGED where the checkpoint here is not good: it is not copied then; DestinationError
 */
export async function pushCheckpoint(
  entry: CheckpointEntry,
  destination: Destination,
  { runFiles, latest = 'unless-newer', onFile }: PushOptions = {},
): Promise<Pushed> {
  const sums = await verifyChecksums(entry.path, [STATE_FILE]);
  const folder = `${REMOTE_FOLDER}/${stepFolder(entry.step)}`;
  const text = Buffer.from(formatChecksums(sums));
  const there = await destination.read(`${folder}/${CHECKSUMS_FILE}`);
  // Another checkpoint of this step, from before the run was taken back: it is incomplete from here on.
  if (there && !there.equals(text)) await destination.remove(`${folder}/${CHECKSUMS_FILE}`);
  const files: PushedFile[] = [];
  // Each is looked at even if the checkpoint is there: pushing again repairs what was lost.
  for (const [name, sha256] of inOrder(sums)) {
    const pushed = await pushFile(entry, destination, `${folder}/${name}`, name, sha256);
    files.push(pushed);
    onFile?.(pushed);
  }
  if (!there?.equals(text)) await destination.write(`${folder}/${CHECKSUMS_FILE}`, text);
  for (const [name, content] of (await runFiles?.()) ?? []) await destination.write(name, content);
  const pointer = `${REMOTE_FOLDER}/${LATEST_FILE}`;
  const current = parseLatest((await destination.read(pointer))?.toString('utf8') ?? '');
  const isLatest = latest === 'always' || current === undefined || current <= entry.step;
  if (isLatest) await destination.write(pointer, Buffer.from(`${stepFolder(entry.step)}\n`));
  return { step: entry.step, files, isLatest };
}

/** The state last: it says what the other files are. */
function inOrder(sums: ReadonlyMap<string, string>): [string, string][] {
  return [...sums].sort(([one], [other]) => Number(one === STATE_FILE) - Number(other === STATE_FILE));
}

async function pushFile(
  entry: CheckpointEntry,
  destination: Destination,
  remote: string,
  name: string,
  sha256: string,
): Promise<PushedFile> {
  const file = path.join(entry.path, name);
  const { size: bytes } = await stat(file);
  const there = await destination.identify(remote);
  if (there?.sha256 === sha256 && there.bytes === bytes) return { name, bytes, sentBytes: 0 };
  return { name, bytes, sentBytes: await destination.upload(remote, file, { bytes, sha256 }) };
}
