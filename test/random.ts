/** Repeatable pseudo-random numbers for tests; the seed is in the call, so that a failure can be run again. */

/** Uniform numbers in [0, 1) (Park and Miller's generator). */
export function uniform(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return (state - 1) / 2147483646;
  };
}

/** Standard normal numbers, by Box and Muller. */
export function gaussian(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
