/** What processes that measure a step have in common. */
import { seededRandom } from '../training/quickstart/random.ts';

/** Linux counts in KiB; the peer divides by 1024 too. */
export function peakRssMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Standard normal numbers, by Box and Muller. */
export function normalNumbers(count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform(0, 1))) * Math.cos(random.uniform(0, 2 * Math.PI));
  return Float32Array.from({ length: count }, normal);
}
