/**
 * Random numbers that a seed repeats. Tests that use them put `seed` into their titles or messages;
 * `AUSPEX_TEST_SEED=n` runs them again with the seed of a failure.
 */

/** The seed of this run of the tests. */
export const seed = Number(process.env['AUSPEX_TEST_SEED'] ?? Date.now() % 2 ** 31);

/** mulberry32: uniform in [0, 1). */
export function uniform(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `least` to `most`, both included. */
export function integer(random: () => number, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

export function oneOf<Item>(random: () => number, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!;
}

/** Numbers of mean 0 and the given deviation (Box and Muller). */
export function normals(random: () => number, count: number, deviation = 1): Float32Array {
  return Float32Array.from(
    { length: count },
    () => deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}
