/**
 * Feeds collections of images to a topic: every image once, however often the feed is started and whatever fails.
 *
 *     collections ──read ahead──▶ is it an image? ──SHA-256──▶ in the topic? ──▶ batch ──▶ publish ──▶ ledger
 *                                      │ no                        │ yes
 *                                      ▼                           ▼
 *                                  rejected                    duplicate
 *
 * While two batches are published the next one is read and hashed: the bus always has something to do. Memory holds three
 * batches and what is read ahead.
 */
import { setImmediate } from 'node:timers/promises';
import type { CollectedItem, Collection, Rejection } from '../../data/collections/collection.ts';
import { type CollectionOrder, readCollections } from '../../data/collections/read-collections.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import { FedTopic, type TopicEvent } from './fed-topic.ts';
import { lockFeed } from './feed-lock.ts';
import { Ledger } from './ledger.ts';
import { type Form, type PreparedImage, prepareImage, sha256Of, whyNoImage } from './prepare.ts';
import { RejectionLog, type RejectionSummary } from './rejections.ts';

/** Of the messages that are published together: with eight partitions, what Kafka takes in one request. */
const BATCH_BYTES = 8e6;
const BATCH_IMAGES = 10_000;
const PROGRESS_MILLISECONDS = 200;
/** Files that are in memory come at once: without a pause neither the network nor Ctrl-C would have a turn. */
const PAUSE_EVERY_MILLISECONDS = 5;

export interface FeedCounts {
  /** Looked at so far: published, duplicates and rejected. */
  readonly images: number;
  readonly published: number;
  /** Of the images that were published, wherever they lie. */
  readonly bytes: number;
  readonly duplicates: number;
  readonly rejected: number;
}

export type FeedEvent =
  | TopicEvent
  | { readonly kind: 'scanning'; readonly done: number; readonly total: number }
  | ({ readonly kind: 'rejected' } & Rejection)
  | ({ readonly kind: 'progress' } & FeedCounts);

export interface FeedOptions {
  readonly topic: string;
  readonly form: Form;
  readonly order: CollectionOrder;
  /** Folder of the ledger. */
  readonly state: string;
  /** More files that stand for the topic: who has any of them locked feeds it. */
  readonly locks?: readonly string[];
  /** How long to wait for a bus that fails. @default 600 */
  readonly patienceSeconds?: number;
  /** Ends the feed after the batch that is being published. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: FeedEvent) => void;
}

export interface FeedResult extends Omit<FeedCounts, 'rejected'> {
  readonly status: 'finished' | 'stopped';
  readonly inline: number;
  readonly references: number;
  readonly rejected: RejectionSummary;
  /** Messages that were read from the topic before anything was published. */
  readonly scanned: number;
  /** From the first image on. */
  readonly seconds: number;
}

/**
 * @param bus that has the topic
 * @throws FeedError; BusError that waiting does not help against; what a collection throws
 */
export async function feed(
  bus: MessageBus,
  collections: readonly Collection[],
  options: FeedOptions,
): Promise<FeedResult> {
  const { state, locks = [] } = options;
  const lock = lockFeed(state, locks, options.topic);
  try {
    const ledger = Ledger.open(state);
    try {
      const rejections = await RejectionLog.open(state);
      try {
        return await new Feed(bus, ledger, rejections, options).run(collections);
      } finally {
        await rejections.close();
      }
    } finally {
      await ledger.close();
    }
  } finally {
    lock.release();
  }
}

class Feed {
  readonly #bus: MessageBus;
  readonly #topic: FedTopic;
  readonly #rejections: RejectionLog;
  readonly #options: FeedOptions;
  readonly #tell: (event: FeedEvent) => void;
  /** Images that are on their way, by SHA-256. */
  readonly #underWay = new Set<string>();
  readonly #counts = { images: 0, published: 0, bytes: 0, duplicates: 0, inline: 0, references: 0 };
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(bus: MessageBus, ledger: Ledger, rejections: RejectionLog, options: FeedOptions) {
    const { topic, signal, patienceSeconds = 600, onEvent = () => undefined } = options;
    this.#bus = bus;
    this.#rejections = rejections;
    this.#options = options;
    this.#tell = onEvent;
    this.#topic = new FedTopic(bus, topic, ledger, { signal, patienceSeconds, onEvent });
  }

  async run(collections: readonly Collection[]): Promise<FeedResult> {
    const caughtUp = await this.#topic.begin((done, total) => this.#tell({ kind: 'scanning', done, total }));
    for (const { passedOver } of collections) await this.#addPassedOver(passedOver);
    const begin = performance.now();
    const isComplete = caughtUp !== undefined && (await this.#publishAll(collections));
    this.#tellProgress();
    return {
      ...this.#counts,
      status: isComplete ? 'finished' : 'stopped',
      rejected: this.#rejections.summary(),
      scanned: caughtUp?.read ?? 0,
      seconds: (performance.now() - begin) / 1000,
    };
  }

  /** @returns false where the signal was given before the end */
  async #publishAll(collections: readonly Collection[]): Promise<boolean> {
    const { signal, order } = this.#options;
    /** Whether all that was begun is in the topic: without the last batch, and with it. */
    let [before, publishing] = [Promise.resolve(true), Promise.resolve(true)];
    let batch: PreparedImage[] = [];
    let bytes = 0;
    let pausedAt = performance.now();
    try {
      for await (const item of readCollections(collections, order)) {
        if (signal?.aborted) return false;
        const image = this.#prepare(item);
        this.#counts.images++;
        if (image.kind === 'rejected') await this.#reject(image);
        else if (this.#isDuplicate(image)) this.#counts.duplicates++;
        else {
          batch.push(image);
          bytes += image.bytes;
        }
        if (bytes >= BATCH_BYTES || batch.length >= BATCH_IMAGES) {
          if (!(await before)) return false;
          [before, publishing] = [publishing, bothOf(publishing, this.#publish(batch))];
          [batch, bytes] = [[], 0];
        }
        const now = performance.now();
        if (now - this.#toldAt > PROGRESS_MILLISECONDS) this.#tellProgress();
        if (now - pausedAt > PAUSE_EVERY_MILLISECONDS) {
          await setImmediate();
          pausedAt = performance.now();
        }
      }
      if (batch.length > 0 && (await before)) publishing = bothOf(publishing, this.#publish(batch));
      return await publishing;
    } finally {
      // Whatever ended the reading: what is under way goes to its end before the ledger is closed.
      await publishing.finally(() => this.#topic.written());
    }
  }

  #prepare(item: CollectedItem): PreparedImage | Rejection {
    if (item.kind === 'rejected') return item;
    const reason = whyNoImage(item);
    if (reason) return reason;
    const sha256 = sha256Of(item.bytes);
    return prepareImage(item, sha256, this.#options.form, this.#bus.maximumMessageBytes);
  }

  /** Notes an image as one that is on its way, unless the topic has it or it is on its way already. */
  #isDuplicate({ sha256 }: PreparedImage): boolean {
    const key = hexOf(sha256);
    if (this.#underWay.has(key) || this.#topic.holds(sha256)) return true;
    this.#underWay.add(key);
    return false;
  }

  async #publish(batch: readonly PreparedImage[]): Promise<boolean> {
    if (!(await this.#topic.publish(batch))) return false;
    for (const { sha256, form, imageBytes } of batch) {
      this.#underWay.delete(hexOf(sha256));
      this.#counts.published++;
      this.#counts.bytes += imageBytes;
      this.#counts[form === 'inline' ? 'inline' : 'references']++;
    }
    await this.#rejections.flush();
    this.#tellProgress();
    return true;
  }

  async #reject(rejection: Rejection): Promise<void> {
    await this.#rejections.add(rejection);
    this.#tell(rejection);
  }

  async #addPassedOver({ count, first }: Collection['passedOver']): Promise<void> {
    for (const rejection of first) await this.#reject(rejection);
    this.#rejections.addUnlisted(count - first.length);
    this.#counts.images += count;
  }

  #tellProgress(): void {
    this.#toldAt = performance.now();
    const { images, published, bytes, duplicates } = this.#counts;
    this.#tell({ kind: 'progress', images, published, bytes, duplicates, rejected: this.#rejections.count });
  }
}

/** Settles when both have, and never unseen: what is thrown is thrown where it is awaited. */
function bothOf(one: Promise<boolean>, other: Promise<boolean>): Promise<boolean> {
  const both = Promise.allSettled([one, other]).then(async () => (await one) && (await other));
  both.catch(() => undefined);
  return both;
}

function hexOf(sha256: Uint8Array): string {
  return Buffer.from(sha256).toString('hex');
}
