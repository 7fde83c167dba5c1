/**
 * The values of one label as small numbers, and how often each is in use. Bounded: a value that no image of the sample has
 * any more makes room, and one that comes when the dictionary is full counts as OTHER.
 */

/** The label is missing or empty. */
export const UNKNOWN = 0;
/** A value for which the dictionary had no room. */
export const OTHER = 1;
/** The first code of a value of its own. */
const FIRST = 2;

/** Values of a label that are told apart at any one time. */
export const MAXIMUM_VALUES = 10_000;
/** Characters of a value; what is longer is cut. */
export const MAXIMUM_VALUE_LENGTH = 120;

export interface CountedValue {
  readonly value: string;
  readonly count: number;
}

export class Dictionary {
  readonly #maximum: number;
  readonly #codes = new Map<string, number>();
  /** By code; undefined where a code is free. */
  readonly #values: (string | undefined)[] = [undefined, undefined];
  readonly #counts: number[] = [0, 0];
  readonly #free: number[] = [];
  #full: boolean;

  /**
   * @param values by code, as `values` gave them; none for a new dictionary
   * @param full whether it has been full before
   */
  constructor(values: readonly (string | null)[] = [], full = false, maximum = MAXIMUM_VALUES) {
    this.#maximum = maximum;
    this.#full = full;
    for (const [i, value] of values.entries()) {
      if (value === null) this.#free.push(FIRST + i);
      else this.#codes.set(value, FIRST + i);
      this.#values.push(value ?? undefined);
      this.#counts.push(0);
    }
  }

  /** The values by code, from the first that is one's own on; null where a code is free. */
  get values(): (string | null)[] {
    return this.#values.slice(FIRST).map((value) => value ?? null);
  }

  /** Codes that were ever given: all are below this. */
  get numCodes(): number {
    return this.#values.length;
  }

  /** Whether a value has ever been counted as OTHER. */
  get full(): boolean {
    return this.#full;
  }

  get unknown(): number {
    return this.#counts[UNKNOWN]!;
  }

  get other(): number {
    return this.#counts[OTHER]!;
  }

  /** Counts one more of a value. @returns its code */
  take(value: string | undefined): number {
    const code = this.#codeOf(value);
    this.#counts[code]!++;
    return code;
  }

  /** Counts one more of a code that is in use, as when a sample is read back. */
  takeCode(code: number): void {
    this.#counts[code]!++;
  }

  /** Counts one less of a code. */
  release(code: number): void {
    if (--this.#counts[code]! > 0 || code < FIRST) return;
    this.#codes.delete(this.#values[code]!);
    this.#values[code] = undefined;
    this.#free.push(code);
  }

  /** Values and their counts, the most frequent first, equal ones by name. */
  counted(): CountedValue[] {
    const found: CountedValue[] = [];
    for (const [value, code] of this.#codes) found.push({ value, count: this.#counts[code]! });
    return found.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  }

  #codeOf(text: string | undefined): number {
    const value = cleaned(text);
    if (value === undefined) return UNKNOWN;
    const known = this.#codes.get(value);
    if (known !== undefined) return known;
    if (this.#codes.size >= this.#maximum) {
      this.#full = true;
      return OTHER;
    }
    const code = this.#free.pop() ?? this.#values.length;
    this.#codes.set(value, code);
    this.#values[code] = value;
    this.#counts[code] = 0;
    return code;
  }
}

function cleaned(text: string | undefined): string | undefined {
  const value = text?.trim();
  if (!value || value.toLowerCase() === 'unknown') return undefined;
  return value.length <= MAXIMUM_VALUE_LENGTH ? value : `${value.slice(0, MAXIMUM_VALUE_LENGTH - 1)}…`;
}
