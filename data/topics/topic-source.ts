/** A topic as a collection of images. Which messages are of it is settled once, when a run begins, and kept in its config. */
import { createHash } from 'node:crypto';
import type { SkipCode } from '../errors.ts';
import type { DataPosition, SampleOrder } from '../order.ts';
import { type ImageCollection, type ImageSource, type ImageStream, UnusableImage } from '../source.ts';
import { decodeImage, type ImageReference, isBadMessage } from './image-message.ts';
import { ImageReferenceError, type ReferenceErrorCode } from './reference-error.ts';
import { formatTopicAddress, type TopicAddress } from './topic-address.ts';
import { placeOf, type TopicOrder, type TopicSpan, topicOrder } from './topic-order.ts';
import type { Message, TopicReading } from './topic-reading.ts';
import { type Missing, TopicStream, type TopicWait } from './topic-stream.ts';

export interface TopicSourceOptions {
  readonly bus: TopicReading;
  readonly address: TopicAddress;
  readonly spans: readonly TopicSpan[];
  /** Images that are mixed. */
  readonly window: number;
  /** Bytes of messages that are kept in memory. */
  readonly readAheadBytes: number;
  readonly onDeleted: 'stop' | 'skip';
  /** Brings the bytes of an image that is not in the message itself. */
  readReference(reference: ImageReference, sha256: Uint8Array): Promise<Uint8Array>;
  onWait?(waiting: TopicWait): void;
  /** Called when the collection is closed. */
  onClose?(): Promise<void>;
}

/** What the topic holds now; without ends if it is still being written. @throws BusError TOPIC_NOT_FOUND, BUS_UNREACHABLE */
export async function spansOf(bus: TopicReading, topic: string, isLive: boolean): Promise<readonly TopicSpan[]> {
  const ranges = await bus.ranges(topic);
  return ranges.map(({ partition, begin, end }) => ({ partition, begin, end: isLive ? null : end }));
}

export function openTopicSource(options: TopicSourceOptions): ImageCollection {
  return new TopicCollection(options);
}

const REASONS: Readonly<Record<ReferenceErrorCode, SkipCode>> = {
  REFERENCE_INVALID: 'BAD_IMAGE_MESSAGE',
  REFERENCE_NOT_ALLOWED: 'UNREADABLE',
  REFERENCE_UNREADABLE: 'UNREADABLE',
  REFERENCE_CHANGED: 'CHANGED',
};

/** What is left of spans for training. */
export function trainingSpans(spans: readonly TopicSpan[], heldOutShare: number): readonly TopicSpan[] {
  return spans.map(({ partition, begin, end }) => ({
    partition,
    begin: end === null ? begin : begin + Math.floor((end - begin) * heldOutShare),
    end,
  }));
}

/** The order of a training on some spans, which also whoever checks its records can compute. */
export function orderOfSpans(
  spans: readonly TopicSpan[],
  { batchSize, seed, window }: { readonly batchSize: number; readonly seed: number; readonly window: number },
): TopicOrder {
  return topicOrder({
    spans: spans.filter((span) => span.end === null || span.end > span.begin),
    batchSize,
    seed,
    window,
  });
}

class TopicPart implements ImageSource {
  readonly length: number;
  readonly #options: TopicSourceOptions;
  /** Those that hold something. */
  readonly #spans: readonly TopicSpan[];
  #reading: TopicStream | undefined;

  constructor(options: TopicSourceOptions, spans: readonly TopicSpan[]) {
    this.#options = options;
    this.#spans = spans.filter(({ begin, end }) => end === null || end > begin);
    this.length = this.#spans.reduce((sum, { begin, end }) => sum + (end ?? Number.POSITIVE_INFINITY) - begin, 0);
  }

  name(index: number): string {
    const { partition, offset } = placeOf(index, this.#spans);
    return `${this.#options.address.topic}/${partition}/${offset}`;
  }

  order(batchSize: number, seed: number): TopicOrder {
    return orderOfSpans(this.#spans, { batchSize, seed, window: this.#options.window });
  }

  /** For whoever asks for images one by one: one reader is kept for all of them, until `close`. */
  async read(index: number): Promise<Uint8Array> {
    this.#reading ??= this.#open(this.#spans.map(({ partition, begin: offset }) => ({ partition, offset })));
    return this.#imageOf(await this.#reading.take(placeOf(index, this.#spans)));
  }

  async close(): Promise<void> {
    await this.#reading?.close();
    this.#reading = undefined;
  }

  /** The same images, numbered from 0 on, as they come. */
  counted(): ImageSource {
    if (this.length === 0) return { length: 0, name: String, read: () => Promise.reject(new RangeError('no images')) };
    const order = topicOrder({ spans: this.#spans, batchSize: 1, seed: 0, window: 1 });
    const indexAt = (i: number) => order.at(0, i).index;
    return { length: this.length, name: (i) => this.name(indexAt(i)), read: (i) => this.read(indexAt(i)) };
  }

  stream(order: SampleOrder, lanes: readonly number[], position: DataPosition): ImageStream {
    const { startOf } = order as TopicOrder;
    const stream = this.#open(lanes.flatMap((lane) => startOf(lane, position[lane]!)));
    return {
      read: async (index) => this.#imageOf(await stream.take(placeOf(index, this.#spans))),
      close: () => stream.close(),
    };
  }

  #open(from: ReturnType<TopicOrder['startOf']>): TopicStream {
    const { bus, address, readAheadBytes: maximumBytes, onDeleted, onWait } = this.#options;
    return new TopicStream({ bus, topic: address.topic, spans: this.#spans, from, maximumBytes, onDeleted, onWait });
  }

  async #imageOf(message: Message | Missing): Promise<Uint8Array> {
    if (message === 'missing') {
      throw new UnusableImage({ code: 'DELETED', message: 'the message is not in the topic any more' });
    }
    const image = decodeImage(message.value);
    if (isBadMessage(image)) throw new UnusableImage(image);
    const { sha256, content } = image;
    if (message.key && Buffer.compare(message.key, sha256) !== 0) {
      throw new UnusableImage({
        code: 'BAD_IMAGE_MESSAGE',
        message: "the message's key is not the SHA-256 of its image",
      });
    }
    if ('reference' in content) return this.#readReference(content.reference, sha256);
    if (Buffer.compare(createHash('sha256').update(content.inline).digest(), sha256) === 0) return content.inline;
    throw new UnusableImage({
      code: 'CHANGED',
      message: 'the image is not the one that was published: another SHA-256',
    });
  }

  async #readReference(reference: ImageReference, sha256: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#options.readReference(reference, sha256);
    } catch (error) {
      if (!(error instanceof ImageReferenceError)) throw error;
      throw new UnusableImage({ code: REASONS[error.code], message: error.message });
    }
  }
}

/** All of a topic's messages that a run may use. */
class TopicCollection extends TopicPart implements ImageCollection {
  readonly root: string;
  readonly passedOver = { count: 0, first: [] };
  readonly identity: string;
  readonly #options: TopicSourceOptions;
  #heldOut: TopicPart | undefined;

  constructor(options: TopicSourceOptions) {
    const { address, spans } = options;
    super(options, spans);
    this.#options = options;
    this.root = formatTopicAddress(address);
    this.identity = createHash('sha256')
      .update(JSON.stringify([address, spans]))
      .digest('hex');
  }

  /** Held out is the beginning of every partition; of a topic without an end, nothing. */
  divide(heldOutShare: number) {
    const { spans } = this.#options;
    const trained = trainingSpans(spans, heldOutShare);
    const beginnings = spans.map(({ partition, begin }, i) => ({ partition, begin, end: trained[i]!.begin }));
    this.#heldOut ??= new TopicPart(this.#options, beginnings);
    return { training: new TopicPart(this.#options, trained), heldOut: this.#heldOut.counted() };
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#heldOut?.close();
    await this.#options.onClose?.();
  }
}
