/**
 * All items of some collections in the wanted order, read ahead: several images at once, of shards one at a time.
 *
 *     units of all collections ──order──▶ [being read] [being read] [read] ──▶ items
 */
import { permute } from '../order.ts';
import type { CollectedItem, Collection } from './collection.ts';

/** Images that are read at the same time. */
const READ_AHEAD = 8;
/** No more is begun while so much waits. */
const WAITING_BYTES = 64 * 2 ** 20;

export type CollectionOrder =
  /** Units in a random order, members of a shard as they lie in it. */
  | { readonly kind: 'shuffled'; readonly seed: number }
  /** Collections as they were named, units in the order of their names. */
  | { readonly kind: 'name' };

/** A unit that is being read; its first item is on its way. */
interface Reading {
  readonly kind: 'image' | 'shard';
  readonly rest: AsyncIterator<CollectedItem>;
  readonly first: Promise<IteratorResult<CollectedItem>>;
  /** Of the first item, once it is there. */
  bytes: number;
}

/** @throws what the collections throw */
export async function* readCollections(
  collections: readonly Collection[],
  order: CollectionOrder,
): AsyncGenerator<CollectedItem> {
  const units = inOrder(collections, order);
  const ahead: Reading[] = [];
  const begin = () => {
    while (ahead.length < READ_AHEAD && ahead.reduce((sum, { bytes }) => sum + bytes, 0) < WAITING_BYTES) {
      if (ahead.some(({ kind }) => kind === 'shard')) return;
      const next = units.next();
      if (next.done) return;
      ahead.push(read(next.value.collection, next.value.index));
    }
  };
  try {
    for (begin(); ahead.length > 0; ahead.shift(), begin()) {
      const { first, rest } = ahead[0]!;
      for (let item = await first; !item.done; item = await rest.next()) {
        begin();
        yield item.value;
      }
    }
  } finally {
    await Promise.allSettled(ahead.map(({ rest }) => rest.return?.()));
  }
}

function read(collection: Collection, index: number): Reading {
  const rest = collection.items(index)[Symbol.asyncIterator]();
  const first = rest.next();
  const reading: Reading = { kind: collection.unit(index), rest, first, bytes: 0 };
  first.then(
    ({ value, done }) => {
      if (!done && value.kind === 'image') reading.bytes = value.bytes.byteLength;
    },
    // Thrown where it is its turn.
    () => undefined,
  );
  return reading;
}

/** Every unit once. Nothing of the order is stored. */
function* inOrder(
  collections: readonly Collection[],
  order: CollectionOrder,
): Generator<{ readonly collection: Collection; readonly index: number }> {
  const total = collections.reduce((sum, { length }) => sum + length, 0);
  for (let position = 0; position < total; position++) {
    let index = order.kind === 'name' ? position : permute(position, total, order.seed, 0);
    for (const collection of collections) {
      if (index < collection.length) {
        yield { collection, index };
        break;
      }
      index -= collection.length;
    }
  }
}
