/**
 * Checkpoints that are written behind the steps: a step waits for a copy of what is kept, and where the checkpoint before it
 * is still being written, for that one too.
 */
import { folderBytes } from '../../checkpoints/folder-bytes.ts';
import type { CheckpointEntry } from '../../checkpoints/open-checkpoint.ts';

/** A checkpoint, and what it took to write it. */
export interface TimedCheckpoint extends CheckpointEntry {
  readonly seconds: number;
  readonly bytes: number;
}

interface UnderWay {
  readonly saved: Promise<TimedCheckpoint>;
  isSettled: boolean;
}

export class BackgroundSave {
  #underWay: UnderWay | undefined;
  #secondsWaited = 0;

  /** Seconds that steps waited so far. */
  get secondsWaited(): number {
    return this.#secondsWaited;
  }

  /**
   * @param copy takes the copy.
   * @param write writes it, while steps go on.
   * @returns the checkpoint before it, if it was still being written.
   * @throws what writing that one threw.
   */
  async begin<T>(copy: () => T, write: (copied: T) => Promise<CheckpointEntry>): Promise<TimedCheckpoint | undefined> {
    const begin = performance.now();
    const before = await this.finish();
    const underWay: UnderWay = { saved: timed(begin, write(copy())), isSettled: false };
    const settle = () => {
      underWay.isSettled = true;
    };
    // Whoever asks for it is told of a failure; until then it must not count as an error that nobody handles.
    underWay.saved.then(settle, settle);
    this.#underWay = underWay;
    this.#secondsWaited += (performance.now() - begin) / 1000;
    return before;
  }

  /** @returns a checkpoint that has been written since somebody asked. @throws what writing it threw. */
  async written(): Promise<TimedCheckpoint | undefined> {
    return this.#underWay?.isSettled ? this.finish() : undefined;
  }

  /** Waits for what is under way. @throws what writing it threw. */
  async finish(): Promise<TimedCheckpoint | undefined> {
    const underWay = this.#underWay;
    this.#underWay = undefined;
    return underWay?.saved;
  }

  /** Waits until nothing is written any more, whatever came of it. */
  async settle(): Promise<void> {
    await this.#underWay?.saved.catch(() => undefined);
  }
}

async function timed(begin: number, saving: Promise<CheckpointEntry>): Promise<TimedCheckpoint> {
  const saved = await saving;
  return { ...saved, seconds: (performance.now() - begin) / 1000, bytes: await folderBytes(saved.path) };
}
