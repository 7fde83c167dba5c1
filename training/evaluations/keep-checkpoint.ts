/** Keeps a checkpoint until it was evaluated, whatever the training's retention removes meanwhile. */
import { linkSync, mkdirSync, readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** Of folders beside checkpoints; the store takes no notice of them. */
const PREFIX = 'evaluated-';

/**
 * Links a checkpoint's files into `checkpoints/evaluated-...` of its run, which takes no room and no time: they are never written again.
 * @returns the folder, or the checkpoint's own where the disk has no links: if that is gone by then, the evaluation fails and says so
 */
export function keepCheckpoint(checkpoint: string, name: string): string {
  const kept = path.join(path.dirname(checkpoint), `${PREFIX}${name}`, path.basename(checkpoint));
  try {
    mkdirSync(kept, { recursive: true });
    for (const file of readdirSync(checkpoint)) linkSync(path.join(checkpoint, file), path.join(kept, file));
    return kept;
  } catch {
    return checkpoint;
  }
}

/** @param kept from {@link keepCheckpoint} */
export async function releaseCheckpoint(kept: string): Promise<void> {
  const folder = path.dirname(kept);
  if (!path.basename(folder).startsWith(PREFIX)) return;
  await rm(kept, { recursive: true, force: true }).catch(() => undefined);
}

export interface KeptCheckpoint {
  /** Of the evaluation that it was kept for. */
  readonly name: string;
  readonly step: number;
  /** As {@link keepCheckpoint} returned it. */
  readonly path: string;
}

/** What a stop or a crash has left. @param run its folder */
export async function keptCheckpoints(run: string): Promise<KeptCheckpoint[]> {
  const folder = path.join(run, 'checkpoints');
  const names = await readdir(folder).catch(() => []);
  const found = names
    .filter((name) => name.startsWith(PREFIX))
    .map(async (name) => {
      const kept = await readdir(path.join(folder, name)).catch(() => []);
      return kept.map((each) => ({
        name: name.slice(PREFIX.length),
        step: stepOf(each),
        path: path.join(folder, name, each),
      }));
    });
  return (await Promise.all(found)).flat();
}

/** All that is still kept. @param run its folder */
export async function releaseAll(run: string): Promise<void> {
  const folder = path.join(run, 'checkpoints');
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => name.startsWith(PREFIX));
  for (const name of left) await rm(path.join(folder, name), { recursive: true, force: true }).catch(() => undefined);
}

/** Of a checkpoint's folder; NaN where it is called otherwise. */
function stepOf(folder: string): number {
  return Number(/^step-(\d+)$/.exec(folder)?.[1] ?? Number.NaN);
}
