/** Which checkpoint a folder means, looked up at most once a second for each: hundreds of calls a second ask for the same. */
import { findCheckpoint } from '../../../checkpoints/find-checkpoint.ts';

/** Milliseconds for which an answer holds. */
const FRESH = 1000;

export class CheckpointLookup {
  readonly #found = new Map<string, Promise<string>>();

  /** @returns the checkpoint's folder. @throws CheckpointError */
  find(folder: string): Promise<string> {
    const known = this.#found.get(folder);
    if (known) return known;
    const found = findCheckpoint(folder).then(({ path }) => path);
    this.#found.set(folder, found);
    const forget = () => this.#found.delete(folder);
    found.then(() => setTimeout(forget, FRESH).unref(), forget);
    return found;
  }
}
