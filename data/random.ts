/** A small seeded generator of random numbers: the same seed gives the same numbers on every machine. */
export interface Random {
  /** In [low, high). */
  uniform(low: number, high: number): number;
  /** In [0, bound), whole. */
  integer(bound: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
}

/** Mulberry32: 32 bits of state, one multiply-xorshift mix per number. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform: (low, high) => low + (high - low) * next(),
    integer: (bound) => Math.floor(bound * next()),
    chance: (probability) => next() < probability,
  };
}

/** Standard normal numbers, by Box and Muller. */
export function normalNumbers(count: number, seed: number): Float32Array<ArrayBuffer> {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform(0, 1))) * Math.cos(random.uniform(0, 2 * Math.PI));
  return Float32Array.from({ length: count }, normal);
}
