/** Bytes that are almost right: what breaks a parser is rarely noise, and mostly something that was good once. */

/** Numbers that lengths and offsets go wrong at. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

type Mutation = (bytes: Buffer, random: () => number, other: Buffer) => Buffer;

const at = (bytes: Buffer, random: () => number) => Math.floor(random() * bytes.length);

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const index = at(bytes, random);
    bytes[index]! ^= 1 << Math.floor(random() * 8);
    return bytes;
  },
  (bytes, random) => {
    bytes[at(bytes, random)] = Math.floor(random() * 256);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, at(bytes, random)),
  (bytes, random) => {
    const [first, length] = [at(bytes, random), Math.ceil(random() * 32)];
    return Buffer.concat([bytes.subarray(0, first), bytes.subarray(first + length)]);
  },
  (bytes, random) => {
    const [first, length] = [at(bytes, random), Math.ceil(random() * 32)];
    return Buffer.concat([bytes.subarray(0, first + length), bytes.subarray(first)]);
  },
  (bytes, random) => {
    const edge = EDGES[Math.floor(random() * EDGES.length)]!;
    const width = [1, 2, 4][Math.floor(random() * 3)]!;
    const index = at(bytes, random);
    if (index + width > bytes.length) return bytes;
    const value = edge & (width === 4 ? -1 : 2 ** (8 * width) - 1);
    if (random() < 0.5) bytes.writeUIntBE(value >>> 0, index, width);
    else bytes.writeUIntLE(value >>> 0, index, width);
    return bytes;
  },
  (bytes, random, other) => Buffer.concat([bytes.subarray(0, at(bytes, random)), other.subarray(at(other, random))]),
];

/** One of the corpus, with one to four mutations. */
export function mutate(corpus: readonly Uint8Array[], random: () => number): Buffer {
  const pick = () => Buffer.from(corpus[Math.floor(random() * corpus.length)]!);
  let bytes: Buffer = pick();
  for (let left = Math.ceil(random() * 4); left > 0 && bytes.length > 0; left--) {
    bytes = MUTATIONS[Math.floor(random() * MUTATIONS.length)]!(bytes, random, pick());
  }
  return bytes;
}

/** Texts that names and paths go wrong at. */
const TEXTS = ['', '.', '..', '../../etc', '/', '/etc/passwd', '\0', 'ä€😀', 'a'.repeat(10_000), '-1', '%00', '{}'];

/** The same value with some of its texts, numbers and bytes changed, and some of its fields left out. */
export function mutateValue(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => mutateValue(item, random));
    return random() < 0.1 ? [...items, ...items, ...items] : items;
  }
  if (value instanceof Uint8Array) return random() < 0.3 ? mutate([value], random) : value;
  if (typeof value === 'object' && value !== null) {
    const kept = Object.entries(value).filter(() => random() >= 0.05);
    return Object.fromEntries(kept.map(([key, inner]) => [key, mutateValue(inner, random)]));
  }
  if (random() >= 0.2) return value;
  if (typeof value === 'number') return EDGES[Math.floor(random() * EDGES.length)];
  if (typeof value !== 'string') return value;
  if (random() < 0.5) return TEXTS[Math.floor(random() * TEXTS.length)];
  return mutate([Buffer.from(value)], random).toString();
}
