/** What processes that measure a step have in common. */
import { seededRandom } from '../training/quickstart/random.ts';
import { median } from './bench.ts';

/** Linux counts in KiB; the peer divides by 1024 too. */
export function peakRssMb(): number {
  return process.resourceUsage().maxRSS / 1024;
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

/** Standard normal numbers, by Box and Muller. */
export function normalNumbers(count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform(0, 1))) * Math.cos(random.uniform(0, 2 * Math.PI));
  return Float32Array.from({ length: count }, normal);
}
