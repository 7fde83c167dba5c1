/** Writes run.html while a training goes on: in a thread of its own, because a long run's records take a while to read. */
import { startThread } from '../../kernels/start-thread.ts';

/** @throws whatever keeps the page from being written; the old one is then untouched */
export function writeRunPageAside(out: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = startThread(new URL('./run-page-thread', import.meta.url), { workerData: { out } });
    thread.once('error', reject);
    thread.once('exit', () => resolve());
  });
}
