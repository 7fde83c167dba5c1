/**
 * Reads a topic ahead of those who ask for its messages. They come in the order of their offsets and are asked for in another,
 * so they are kept here; when those that are kept take too many bytes, reading pauses, and what must be read on the way to a
 * message that somebody waits for is read again later:
 *
 *     reader ──▶ 17  18  19  20 ...  ──▶ kept, up to so many bytes of each partition ──take(18)──▶ caller
 *                                   └──▶ handed over, where somebody waits for it
 */
import { BusError } from './bus-error.ts';
import type { TopicSpan } from './topic-order.ts';
import { type Message, messageBytes, type TopicOffset, type TopicReader, type TopicReading } from './topic-reading.ts';

export interface TopicStreamOptions {
  readonly bus: TopicReading;
  readonly topic: string;
  readonly spans: readonly TopicSpan[];
  /** Partitions to read, and where to begin. */
  readonly from: readonly TopicOffset[];
  /** Bytes that are kept, of all partitions together. One message of each may exceed them. */
  readonly maximumBytes: number;
  /** Told when somebody has waited for a message for so long that people wonder, and when it has come. */
  readonly onWait?: ((waiting: TopicWait) => void) | undefined;
  /** Whether messages that were deleted are an error, or just not there. */
  readonly onDeleted: 'stop' | 'skip';
}

export type TopicWait =
  | ({ readonly kind: 'waiting' } & TopicOffset)
  | ({ readonly kind: 'arrived'; readonly seconds: number } & TopicOffset);

/** Milliseconds after which a wait is told. */
const WAIT_MILLISECONDS = 3000;

/** A message that is not in the topic any more, or never was because of compaction. */
export type Missing = 'missing';

/** One for all who wait for the same message. */
interface Waiter {
  readonly arrived: Promise<Message | Missing>;
  resolve(message: Message | Missing): void;
  reject(error: Error): void;
}

interface Lane {
  readonly span: TopicSpan;
  /** The oldest offset that is not known to be deleted. */
  begin: number;
  /** The offset that comes next. */
  next: number;
  /** Where to go before reading on. */
  seekTo: number | undefined;
  bytes: number;
  readonly kept: Map<number, Message>;
  readonly waiters: Map<number, Waiter>;
}

export class TopicStream {
  readonly #options: TopicStreamOptions;
  readonly #lanes = new Map<number, Lane>();
  readonly #budget: number;
  /** Ends the read that is under way, because there is something to do first. */
  #interrupt = new AbortController();
  #closed = false;
  readonly #done: Promise<void>;
  #reader: TopicReader | undefined;
  #failure: Error | undefined;
  /** Of many who wait, the first is told of. */
  #waitTold = false;

  constructor(options: TopicStreamOptions) {
    this.#options = options;
    this.#budget = options.maximumBytes / Math.max(1, options.from.length);
    for (const { partition, offset } of options.from) {
      const span = options.spans.find((span) => span.partition === partition)!;
      this.#lanes.set(partition, {
        span,
        begin: 0,
        next: offset,
        seekTo: undefined,
        bytes: 0,
        kept: new Map(),
        waiters: new Map(),
      });
    }
    this.#done = this.#run();
  }

  /**
   * A message, which then is no longer kept.
   * @throws BusError where nothing can be read any more
   */
  async take({ partition, offset }: TopicOffset): Promise<Message | Missing> {
    if (this.#failure) throw this.#failure;
    const lane = this.#lanes.get(partition)!;
    const kept = lane.kept.get(offset);
    if (kept) {
      this.#forget(lane, kept);
      return kept;
    }
    if (offset < lane.begin) return 'missing';
    const begin = performance.now();
    let told = false;
    const tell = setTimeout(() => {
      if (this.#waitTold) return;
      told = this.#waitTold = true;
      this.#options.onWait?.({ kind: 'waiting', partition, offset });
    }, WAIT_MILLISECONDS);
    try {
      const waiter = lane.waiters.get(offset) ?? newWaiter();
      lane.waiters.set(offset, waiter);
      this.#fetch(partition, lane);
      return await waiter.arrived;
    } finally {
      clearTimeout(tell);
      if (told) {
        this.#waitTold = false;
        const seconds = (performance.now() - begin) / 1000;
        this.#options.onWait?.({ kind: 'arrived', partition, offset, seconds });
      }
    }
  }

  async close(): Promise<void> {
    this.#fail(new BusError('BUS_CLOSED', `Topic ${this.#options.topic} is no longer read.`));
    this.#closed = true;
    this.#interrupt.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#read();
      } catch (error) {
        const isDeleted = error instanceof BusError && error.code === 'OFFSET_DELETED';
        if (!isDeleted || this.#options.onDeleted === 'stop') this.#fail(explained(error as Error));
        else await this.#passDeleted().catch((reason: Error) => this.#fail(reason));
      }
      if (this.#failure) return;
    }
  }

  async #read(): Promise<void> {
    const { bus, topic, maximumBytes } = this.#options;
    const from = [...this.#lanes].map(([partition, { next }]) => ({ partition, offset: next }));
    const reader = await bus.openReader(topic, from, { maximumBytes: Math.ceil(maximumBytes / 4) });
    this.#reader = reader;
    try {
      for (const [partition, lane] of this.#lanes) {
        this.#fetch(partition, lane);
        this.#hold(partition, lane);
      }
      while (!this.#closed) {
        this.#interrupt = new AbortController();
        this.#seek(reader);
        for (const message of await reader.read(this.#interrupt.signal)) this.#deliver(message);
      }
    } finally {
      this.#reader = undefined;
      await reader.close();
    }
  }

  #deliver(message: Message): void {
    const { partition, offset } = message;
    const lane = this.#lanes.get(partition)!;
    // What lies between was never there, or is not any more.
    for (const [wanted, waiter] of lane.waiters) {
      if (wanted >= lane.next && wanted < offset) {
        lane.waiters.delete(wanted);
        waiter.resolve('missing');
      }
    }
    lane.next = offset + 1;
    const waiter = lane.waiters.get(offset);
    if (waiter) {
      lane.waiters.delete(offset);
      waiter.resolve(message);
    } else if (this.#mayKeep(lane, offset)) {
      lane.kept.set(offset, withOwnMemory(message));
      lane.bytes += messageBytes(message);
    }
    this.#hold(partition, lane);
  }

  /** Where somebody waits for more than there is room, what comes before is read again later; else reading has just paused. */
  #mayKeep(lane: Lane, offset: number): boolean {
    if (lane.kept.has(offset) || offset >= endOf(lane)) return false;
    return lane.bytes < this.#budget || lane.waiters.size === 0;
  }

  /** Nobody waits, and enough is kept or all was read: there is no need to go on. */
  #hold(partition: number, lane: Lane): void {
    if (lane.waiters.size > 0) return;
    if (lane.bytes >= this.#budget || lane.next >= endOf(lane)) this.#reader?.pause(partition);
  }

  /** Somebody waits: reads on, or again from there where that was passed. */
  #fetch(partition: number, lane: Lane): void {
    if (!this.#reader || lane.waiters.size === 0) return;
    const first = Math.min(...lane.waiters.keys());
    if (first < lane.next) {
      lane.seekTo = first;
      this.#interrupt.abort();
    }
    this.#reader.resume(partition);
  }

  /** Between two reads: so what a read brings is what comes next in each partition. */
  #seek(reader: TopicReader): void {
    for (const [partition, lane] of this.#lanes) {
      if (lane.seekTo === undefined) continue;
      lane.next = lane.seekTo;
      lane.seekTo = undefined;
      reader.seek({ partition, offset: lane.next });
    }
  }

  #forget(lane: Lane, message: Message): void {
    lane.kept.delete(message.offset);
    lane.bytes -= messageBytes(message);
    if (lane.next < endOf(lane)) this.#reader?.resume(message.partition);
  }

  /** Goes on behind what was deleted; whoever waits for some of it is told. */
  async #passDeleted(): Promise<void> {
    const { bus, topic } = this.#options;
    for (const { partition, begin } of await bus.ranges(topic)) {
      const lane = this.#lanes.get(partition);
      if (!lane) continue;
      for (const [offset, waiter] of lane.waiters) {
        if (offset >= begin) continue;
        lane.waiters.delete(offset);
        waiter.resolve('missing');
      }
      lane.begin = begin;
      lane.next = Math.max(lane.next, begin);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const lane of this.#lanes.values()) {
      for (const waiter of lane.waiters.values()) waiter.reject(this.#failure);
      lane.waiters.clear();
    }
  }
}

function newWaiter(): Waiter {
  let settle!: Omit<Waiter, 'arrived'>;
  const arrived = new Promise<Message | Missing>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { arrived, ...settle };
}

function endOf({ span }: Lane): number {
  return span.end ?? Number.POSITIVE_INFINITY;
}

/** A bus may give slices of what it received, each of which would hold all of that in memory. */
function withOwnMemory(message: Message): Message {
  const { key, value } = message;
  if (value.byteLength === value.buffer.byteLength) return message;
  return { ...message, key: key && new Uint8Array(key), value: new Uint8Array(value) };
}

/** What to do about messages that are gone. */
function explained(error: Error): Error {
  if (!(error instanceof BusError) || error.code !== 'OFFSET_DELETED') return error;
  const message =
    `${error.message} The training cannot go on with the images that it would have had. Publish what is missing under a new ` +
    'topic and start a new run, or set data.onDeleted=skip to go on without, which is recorded as skipped images.';
  return new BusError('OFFSET_DELETED', message, { cause: error });
}
