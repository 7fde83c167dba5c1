import { availableParallelism } from 'node:os';

/** As many as the process has processors, where the configuration leaves it to us. */
export function numThreads(threads: number | 'auto'): number {
  return threads === 'auto' ? availableParallelism() : threads;
}
