/**
 * Random numbers that are computed and not drawn: the n-th number of a seed depends on nothing but the two. Whoever goes on
 * after a stop needs to remember n only, and no state of a generator.
 */

/**
 * @param seed whole, 0 to 2^53 - 1
 * @param n whole, 0 to 2^53 - 1
 * @returns a uniform number in [0, 1), of 53 bits
 */
export function randomAt(seed: number, n: number): number {
  const [seedLow, seedHigh] = halves(seed);
  const [low, high] = halves(n);
  const first = mix(low ^ mix(high ^ mix(seedLow ^ mix(seedHigh ^ 0x9e3779b9))));
  const second = mix(first ^ mix(low + 0x85ebca6b));
  return ((first >>> 5) * 2 ** 26 + (second >>> 6)) / 2 ** 53;
}

function halves(value: number): [low: number, high: number] {
  return [(value % 2 ** 32) | 0, Math.floor(value / 2 ** 32)];
}

/** A bijection of 32 bits in which each bit of the input flips about half of the output (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let h = value + 0x6d2b79f5;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
