/**
 * Which images a topic holds: a cache of the topic on the disk, so that a feed that is started again need not read all of it.
 *
 *     images      SHA-256    ──▶ partition, offset
 *     partitions  partition  ──▶ offset up to which all of it is here, and the SHA-256 of the last image before that
 *
 * It never says more than the topic: whoever publishes writes here afterwards, and whoever lost what was written reads it from
 * the topic (catch-up.ts). By the last image it is noticed when a topic was deleted and made anew.
 */
import type { Database, RootDatabase } from 'lmdb';
import type { TopicOffset } from '../../data/topics/topic-reading.ts';
import { messageOf } from '../../errors.ts';
import { openStore } from '../bus/open-store.ts';
import { FeedError } from './feed-error.ts';

export interface ScannedPartition {
  /** The first offset that is not here. */
  readonly next: number;
  /** Key of the message before it, in hexadecimal; null where it was no image. */
  readonly last: string | null;
}

/** A message as the ledger needs it. */
export interface LedgerEntry extends TopicOffset {
  /** 32 bytes; null for a message that is no image. */
  readonly sha256: Uint8Array | null;
}

const PLACE_BYTES = 12;

export class Ledger {
  readonly folder: string;
  readonly #root: RootDatabase;
  readonly #images: Database<Uint8Array, Uint8Array>;
  readonly #partitions: Database<ScannedPartition, number>;

  /** @throws FeedError FEED_STATE */
  static open(folder: string): Ledger {
    try {
      return new Ledger(folder, openStore(folder, { maxDbs: 2 }));
    } catch (cause) {
      const message = `The ledger in ${folder} cannot be opened: ${messageOf(cause)}. Give another folder with --state, or delete this one: it is made again from the topic.`;
      throw new FeedError('FEED_STATE', message, { cause });
    }
  }

  private constructor(folder: string, root: RootDatabase) {
    this.folder = folder;
    this.#root = root;
    this.#images = root.openDB({ name: 'images', encoding: 'binary', keyEncoding: 'binary' });
    this.#partitions = root.openDB({ name: 'partitions', encoding: 'json' });
  }

  /** Where an image lies in the topic, or lay before it was deleted. */
  find(sha256: Uint8Array): TopicOffset | undefined {
    const place = this.#images.get(sha256);
    if (place === undefined) return undefined;
    const bytes = Buffer.from(place.buffer, place.byteOffset, place.byteLength);
    return { partition: bytes.readUInt32LE(), offset: Number(bytes.readBigUInt64LE(4)) };
  }

  scanned(partition: number): ScannedPartition {
    return this.#partitions.get(partition) ?? { next: 0, last: null };
  }

  /** Adds messages, each partition's in the order of their offsets. @throws FeedError FEED_STATE */
  async add(entries: readonly LedgerEntry[]): Promise<void> {
    await this.#write(() => {
      const partitions = new Map<number, ScannedPartition>();
      for (const { sha256, partition, offset } of entries) {
        if (sha256) this.#images.put(sha256, encodePlace({ partition, offset }));
        partitions.set(partition, { next: offset + 1, last: sha256 && Buffer.from(sha256).toString('hex') });
      }
      for (const [partition, scanned] of partitions) this.#partitions.put(partition, scanned);
    });
  }

  /** Forgets everything. @throws FeedError FEED_STATE */
  async clear(): Promise<void> {
    await this.#write(() => {
      this.#images.clearSync();
      this.#partitions.clearSync();
    });
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  async #write(work: () => void): Promise<void> {
    try {
      await this.#root.transaction(work);
    } catch (cause) {
      const message = `The ledger in ${this.folder} cannot be written: ${messageOf(cause)}. Make room, or give another folder with --state; the same command then goes on.`;
      throw new FeedError('FEED_STATE', message, { cause });
    }
  }
}

function encodePlace({ partition, offset }: TopicOffset): Buffer {
  const place = Buffer.allocUnsafe(PLACE_BYTES);
  place.writeUInt32LE(partition);
  place.writeBigUInt64LE(BigInt(offset), 4);
  return place;
}
