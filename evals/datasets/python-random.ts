/** Python's `random.Random(seed).shuffle`: splits that the paper's code drew with it are drawn again as they were. */

const SIZE = 624;
const SHIFT = 397;

export class PythonRandom {
  readonly #state = new Uint32Array(SIZE);
  #next = SIZE;

  /** @param seed below 2^32 */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < SIZE; i++) state[i] = Math.imul(1812433253, mixed(state[i - 1]!)) + i;
    let i = 1;
    for (let step = 0; step < SIZE; step++) {
      state[i] = (state[i]! ^ Math.imul(mixed(state[i - 1]!), 1664525)) + seed;
      i = advance(state, i);
    }
    for (let step = 0; step < SIZE - 1; step++) {
      state[i] = (state[i]! ^ Math.imul(mixed(state[i - 1]!), 1566083941)) - i;
      i = advance(state, i);
    }
    state[0] = 0x80000000;
  }

  /** In place. */
  shuffle<Item>(items: { length: number; [index: number]: Item }): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.#below(i + 1);
      const item = items[i]!;
      items[i] = items[j]!;
      items[j] = item;
    }
  }

  #below(limit: number): number {
    const unused = Math.clz32(limit);
    let value = this.#word() >>> unused;
    while (value >= limit) value = this.#word() >>> unused;
    return value;
  }

  /** The Mersenne Twister's next 32 bits. */
  #word(): number {
    if (this.#next === SIZE) this.#twist();
    let word = this.#state[this.#next++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const word = (state[i]! & 0x80000000) | (state[(i + 1) % SIZE]! & 0x7fffffff);
      state[i] = state[(i + SHIFT) % SIZE]! ^ (word >>> 1) ^ (word & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}

function mixed(word: number): number {
  return word ^ (word >>> 30);
}

function advance(state: Uint32Array, i: number): number {
  if (i < SIZE - 1) return i + 1;
  state[0] = state[SIZE - 1]!;
  return 1;
}
