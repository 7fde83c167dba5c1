/** A plain progress bar for work that is counted: on a terminal only, never with --json. */
import { SingleBar } from 'cli-progress';

export interface CountProgress {
  update(done: number): void;
  stop(): void;
}

export function createCountProgress(unit: string, total: number, json: boolean): CountProgress {
  if (json || !process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const format = `{bar} {value}/{total} ${unit}, {eta_formatted} left`;
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: true });
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}
