/**
 * Copies every published checkpoint to `checkpoint.copyTo` while the training goes on.
 *
 *     published ──▶ copying ──▶ done
 *                      │ fails: tried again after a pause, then a warning; the next checkpoint tries again
 *
 * One copy at a time. A checkpoint that is published meanwhile waits, and one that waits makes way for a newer: what matters is
 * that the newest arrives.
 */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Destination } from '../../checkpoints/destinations/destination.ts';
import { DestinationError } from '../../checkpoints/destinations/errors.ts';
import { openDestination } from '../../checkpoints/destinations/open-destination.ts';
import type { CheckpointEntry } from '../../checkpoints/open-checkpoint.ts';
import { messageOf } from '../../errors.ts';
import { pushOfRun, requireOwn } from './copy-checkpoint.ts';

export interface CheckpointCopiesOptions {
  /** A folder, or s3://BUCKET/PREFIX. */
  readonly address: string;
  /** The run folder. */
  readonly run: string;
  /** Told what went wrong; the training goes on. */
  readonly onWarning: (message: string) => void;
  /** Pauses between attempts, in milliseconds. @default five of 1 to 60 seconds */
  readonly pauses?: readonly number[];
}

const PAUSES = [1_000, 4_000, 15_000, 30_000, 60_000];

export class CheckpointCopies {
  readonly #options: CheckpointCopiesOptions;
  #waiting: CheckpointEntry | undefined;
  #work: Promise<void> | undefined;
  #destination: Destination | undefined;

  constructor(options: CheckpointCopiesOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  published(entry: CheckpointEntry): void {
    this.#waiting = entry;
    this.#work ??= this.#copyAll();
  }

  /** Waits for what is on its way. Rejects never. */
  async finish(): Promise<void> {
    await this.#work;
    this.#destination?.close();
    this.#destination = undefined;
  }

  async #copyAll(): Promise<void> {
    try {
      for (let entry = this.#waiting; entry; entry = this.#waiting) {
        this.#waiting = undefined;
        await this.#copy(entry);
      }
    } finally {
      // In the same breath as the last look at what waits: one that is published right after begins anew.
      this.#work = undefined;
    }
  }

  async #copy(entry: CheckpointEntry): Promise<void> {
    const { address, run, onWarning, pauses = PAUSES } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        this.#destination ??= await openDestination(address);
        await pushOfRun(run, entry, this.#destination);
        return;
      } catch (error) {
        // A newer one is as good; and one that was removed because of newer ones cannot be had any more.
        if (this.#waiting || !existsSync(entry.path)) {
          onWarning(`step ${entry.step} was not copied to ${address}, a newer checkpoint is next: ${messageOf(error)}`);
          return;
        }
        const wait = mayPass(error) ? pauses[attempt] : undefined;
        if (wait === undefined) {
          const advice = `auspex checkpoint push ${run} ${address} copies it by hand`;
          onWarning(`step ${entry.step} could not be copied to ${address}: ${messageOf(error)} (${advice})`);
          return;
        }
        await pause(wait);
      }
    }
  }
}

/** A store that cannot be reached may come back; a name or a right that is wrong stays so. */
function mayPass(error: unknown): boolean {
  return error instanceof DestinationError && error.code === 'DESTINATION_FAILED';
}

interface CopyingConfig {
  readonly checkpoint: { readonly copyTo: string | null };
}

/**
 * Finds out before a training whether its copies would overwrite another run's. A place that cannot be reached now may come back:
 * copying then says what is wrong with it.
 * @param run the run's folder, which need not be there yet
 * @throws DestinationError DESTINATION_TAKEN
 */
export async function checkCopies({ checkpoint }: CopyingConfig, run: string): Promise<void> {
  if (checkpoint.copyTo === null) return;
  let destination: Destination | undefined;
  try {
    destination = await openDestination(checkpoint.copyTo);
    await requireOwn(run, destination);
  } catch (error) {
    if (!(error instanceof DestinationError) || error.code === 'DESTINATION_TAKEN') throw error;
  } finally {
    destination?.close();
  }
}

/** The copies that a configuration asks for, or undefined if it asks for none. */
export function copiesOf(
  { checkpoint }: CopyingConfig,
  run: string,
  onWarning: (message: string) => void,
): CheckpointCopies | undefined {
  return checkpoint.copyTo === null ? undefined : new CheckpointCopies({ address: checkpoint.copyTo, run, onWarning });
}
