/** What processes that measure have in common. */
import { readFileSync } from 'node:fs';
import { median } from './bench.ts';

/** Linux counts in KiB; the peer divides by 1024 too. */
export function peakRssMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Of this program alone: what getrusage tells counts the process that started it too. */
export function peakMb(): number {
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
}

/** How many of `count` a run makes in a second: the median run, after two that do not count. */
export async function ratePerSecond(count: number, runs: number, run: () => Promise<unknown>): Promise<number> {
  const seconds: number[] = [];
  for (let i = 0; i < runs + 2; i++) {
    const begin = performance.now();
    await run();
    seconds.push((performance.now() - begin) / 1000);
  }
  return count / median(seconds.slice(2));
}
