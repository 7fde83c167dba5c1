/** Progress of work in several stages, one bar after another. */

import type { Output } from '../output.ts';
import { type CountProgress, createCountProgress } from './count-progress.ts';

export class StageProgress {
  readonly #output: Output;
  readonly #json: boolean;
  #bar: { readonly stage: string; readonly progress: CountProgress } | undefined;

  constructor(output: Output, json: boolean) {
    this.#output = output;
    this.#json = json;
  }

  report(stage: string, done: number, total: number): void {
    if (this.#bar?.stage !== stage) {
      this.stop();
      this.#bar = { stage, progress: createCountProgress(stage, total, this.#json) };
    }
    this.#bar.progress.update(done);
    this.#output.event({ event: 'progress', stage, done, total });
  }

  stop(): void {
    this.#bar?.progress.stop();
    this.#bar = undefined;
  }
}
