/** Checkpoints of a run to a destination and back, with the files that resuming needs besides. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Destination } from '../../checkpoints/destinations/destination.ts';
import { DestinationError } from '../../checkpoints/destinations/errors.ts';
import { openDestination } from '../../checkpoints/destinations/open-destination.ts';
import { type PullOptions, pullCheckpoint, pullRunFiles } from '../../checkpoints/destinations/pull.ts';
import { type Pushed, type PushOptions, pushCheckpoint, REMOTE_FOLDER } from '../../checkpoints/destinations/push.ts';
import { CheckpointError } from '../../checkpoints/errors.ts';
import { findCheckpoint } from '../../checkpoints/find-checkpoint.ts';
import type { CheckpointEntry } from '../../checkpoints/open-checkpoint.ts';
import { EVALUATIONS_FILE } from '../evaluations/evaluation-records.ts';
import { streamJsonLines } from '../run/json-lines.ts';
import type { MetricsRecord } from '../run/records.ts';
import { RunError } from '../run/run-errors.ts';
import { readRun } from '../run/run-folder.ts';
import { lockRunFolder } from '../run/run-lock.ts';

/** Says that a folder, or a destination, holds a run, and which. */
const RUN_FILE = 'run.json';
const METRICS_FILE = 'metrics.jsonl';

/** Of a run, beside its checkpoints: what it is, and what it recorded. The last says that it is a run. */
const RUN_FILES = ['config.yaml', METRICS_FILE, 'skipped.jsonl', 'worlds.jsonl', EVALUATIONS_FILE, RUN_FILE] as const;

/**
 * Pushes a run's latest checkpoint and records, or one checkpoint's folder alone.
 * @param source a run folder, or a checkpoint's folder
 * @param address a folder, or s3://BUCKET/PREFIX
 * @throws CheckpointError, DestinationError
 */
export async function pushTo(
  source: string,
  address: string,
  options: Pick<PushOptions, 'onFile'> = {},
): Promise<Pushed & { readonly destination: string }> {
  const entry = await findCheckpoint(source);
  return withDestination(address, async (destination) => {
    const isRun = existsSync(path.join(source, RUN_FILE));
    const pushed = await (isRun
      ? pushOfRun(source, entry, destination, options)
      : pushCheckpoint(entry, destination, options));
    return { ...pushed, destination: destination.url };
  });
}

/**
 * Pushes a checkpoint of a run that goes on from it.
 * @throws DestinationError, DESTINATION_TAKEN among them; CheckpointError
 */
export async function pushOfRun(
  run: string,
  entry: CheckpointEntry,
  destination: Destination,
  options: Pick<PushOptions, 'onFile'> = {},
): Promise<Pushed> {
  await requireOwn(run, destination);
  return pushCheckpoint(entry, destination, { ...options, latest: 'always', runFiles: () => readRunFiles(run) });
}

/** A run overwrites its own copy and no other's. @param run its folder @throws DestinationError, DESTINATION_TAKEN among them */
export async function requireOwn(run: string, destination: Destination): Promise<void> {
  const there = await destination.read(RUN_FILE);
  if (!there) return;
  const [own, other] = [readRun(run)?.id, idIn(there)];
  if (own !== undefined && own === other) return;
  throw new DestinationError(
    'DESTINATION_TAKEN',
    `${destination.url} has the copy of ${other === undefined ? 'something else' : `another run, ${other}`}, which ${run} would ` +
      'overwrite; give each run a destination of its own (checkpoint.copyTo)',
  );
}

/** Undefined where it is no run description. */
function idIn(description: Buffer): string | undefined {
  try {
    return (JSON.parse(description.toString('utf8')) as { id?: string }).id;
  } catch {
    return undefined;
  }
}

/** Records may be ahead of the checkpoint: whoever resumes from it cuts them back. */
async function readRunFiles(run: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of RUN_FILES) {
    const file = path.join(run, name);
    try {
      files.set(name, await readFile(file));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${file}: cannot be read (${(cause as Error).message})`, {
        cause,
      });
    }
  }
  return files;
}

export interface PulledRun {
  readonly checkpoint: CheckpointEntry;
  /** Files of the run that were copied. */
  readonly runFiles: readonly string[];
}

/**
 * Pulls a checkpoint, and the run that it belongs to if that was pushed too: `out` is then a run folder, which can be resumed.
 * @param out made if it is missing; files of the run that it has stay as they are, unless its records end before the checkpoint
 * @throws CheckpointError, DestinationError; RunError RUN_FOLDER_LOCKED, RUN_EXISTS where another run is in `out`
 */
export async function pullFrom(
  address: string,
  out: string,
  options: Pick<PullOptions, 'step' | 'onFile'> = {},
): Promise<PulledRun> {
  return withDestination(address, async (destination) => {
    const checkpoints = path.join(out, REMOTE_FOLDER);
    await mkdir(out, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
      throw new CheckpointError('CHECKPOINT_WRITE_FAILED', `${out}: cannot be made (${cause.message})`, { cause });
    });
    const lock = lockRunFolder(out);
    try {
      await requireSameRun(destination, out);
      let runFiles: readonly string[] = [];
      const beforeLatest = async ({ step }: CheckpointEntry) => {
        runFiles = await pullRunFiles(destination, out, RUN_FILES, (await lastStepIn(out)) < step);
      };
      return { checkpoint: await pullCheckpoint(destination, checkpoints, { ...options, beforeLatest }), runFiles };
    } finally {
      lock.release();
    }
  });
}

/** @throws RunError RUN_EXISTS */
async function requireSameRun(destination: Destination, out: string): Promise<void> {
  const there = await destination.read(RUN_FILE);
  const own = readRun(out)?.id;
  if (!there || own === undefined || own === idIn(there)) return;
  throw new RunError(
    'RUN_EXISTS',
    `${out} holds another run than ${destination.url}: pull into another folder with --out.`,
  );
}

/** The last step that a run's records have; 0 where there are none. */
async function lastStepIn(run: string): Promise<number> {
  let last = 0;
  for await (const { step } of streamJsonLines<MetricsRecord>(path.join(run, METRICS_FILE)))
    last = Math.max(last, step);
  return last;
}

async function withDestination<T>(address: string, use: (destination: Destination) => Promise<T>): Promise<T> {
  const destination = await openDestination(address);
  try {
    return await use(destination);
  } finally {
    destination.close();
  }
}
