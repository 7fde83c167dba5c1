/**
 * The order in which the images of a topic have their turns. A topic is read from the beginning on, so its order can only be
 * mixed within windows, and it is the same for any number of ranks:
 *
 *     partitions   0   1   2   3   4   5        a batch of 4 rows, 6 partitions: 4 does not divide 6 partitions evenly, so
 *     lanes        0   1   2   3   0   1        there are 4 lanes of 1 or 2 partitions, and each gives 1 row of every batch
 *     ranks        └ 0 ┘   └ 1 ┘   └ 0 ┘        each of 2 ranks reads the partitions of its 2 lanes, and no others
 *
 *     a lane       offsets of its partitions, by turns:   0/17  4/17  0/18  4/18  ...          its stream
 *                  windows of so many of them, each permuted by the seed, epoch after epoch    its order
 *
 * All of it is computed: where a training is, is one number for each lane, from which the offsets follow.
 */
import { DataError } from '../errors.ts';
import { checkPosition, type DataPosition, permute, type Sample, type SampleOrder } from '../order.ts';
import type { TopicOffset } from './topic-reading.ts';

/** The part of a partition that a training reads: from `begin` on, up to `end`, or for ever where that is null. */
export interface TopicSpan {
  readonly partition: number;
  readonly begin: number;
  readonly end: number | null;
}

export interface TopicOrder extends SampleOrder {
  /** Partitions of a lane, and where each is read from by whoever goes on from a position of the lane. */
  startOf(lane: number, position: number): readonly TopicOffset[];
}

export interface TopicOrderOptions {
  readonly spans: readonly TopicSpan[];
  readonly batchSize: number;
  readonly seed: number;
  /** Images that are mixed, of all lanes together. */
  readonly window: number;
}

/**
 * A number for each message of some spans; it does not change when a topic grows.
 * @param at position in the spans, not the partition's number
 */
export function indexOf(at: number, offset: number, numSpans: number): number {
  return offset * numSpans + at;
}

export function placeOf(index: number, spans: readonly TopicSpan[]): TopicOffset {
  const { partition } = spans[index % spans.length]!;
  return { partition, offset: Math.floor(index / spans.length) };
}

/** Lanes of a topic: the largest number that divides a batch, and for which there are partitions. */
export function numLanes(batchSize: number, numPartitions: number): number {
  for (let lanes = Math.min(batchSize, numPartitions); lanes > 1; lanes--) if (batchSize % lanes === 0) return lanes;
  return 1;
}

/** @param options.spans none of them empty. @throws DataError BAD_TOPIC where there is none */
export function topicOrder({ spans, batchSize, seed, window }: TopicOrderOptions): TopicOrder {
  if (spans.length === 0) throw new DataError('BAD_TOPIC', 'The topic has no messages to train on.');
  const lanes = numLanes(batchSize, spans.length);
  const streams = Array.from({ length: lanes }, (_, lane) => new LaneStream(spans, lane, lanes));
  const windowOfLane = Math.max(1, Math.ceil(window / lanes));
  /** Where in its lane's stream a position's window begins. */
  const windowOf = (lane: number, position: number) => {
    checkPosition(position);
    const { length } = streams[lane]!;
    const epoch = length === Number.POSITIVE_INFINITY ? 0 : Math.floor(position / length);
    const within = epoch === 0 ? position : position % length;
    const number = Math.floor(within / windowOfLane);
    const begin = number * windowOfLane;
    const size = Math.min(windowOfLane, length - begin);
    // A number of its own for every window of every epoch and lane.
    const windows = length === Number.POSITIVE_INFINITY ? 0 : Math.ceil(length / windowOfLane);
    return { epoch, begin, size, within, key: (epoch * windows + number) * lanes + lane };
  };
  return {
    lanes,
    lengthOf: (lane) => streams[lane]!.length,
    at(lane, position): Sample {
      const { epoch, begin, size, within, key } = windowOf(lane, position);
      const ordinal = begin + permute(within - begin, size, seed, key);
      const { at, offset } = streams[lane]!.at(ordinal);
      return { epoch, lane, ordinal, index: indexOf(at, offset, spans.length) };
    },
    startOf(lane, position) {
      return streams[lane]!.offsetsAt(windowOf(lane, position).begin);
    },
  };
}

/** Where reading begins for whoever goes on from a position, in the order of the partitions. */
export function offsetsOf(order: TopicOrder, position: DataPosition): readonly TopicOffset[] {
  return position
    .flatMap((drawn, lane) => order.startOf(lane, drawn))
    .sort((one, other) => one.partition - other.partition);
}

/** The messages of some partitions, by turns: once the shorter ones have ended, the others go on. */
class LaneStream {
  readonly #spans: readonly (TopicSpan & { readonly at: number; readonly length: number })[];
  /** Their lengths in ascending order. */
  readonly #lengths: readonly number[];
  readonly length: number;

  constructor(spans: readonly TopicSpan[], lane: number, lanes: number) {
    this.#spans = spans.flatMap(({ partition, begin, end }, at) => {
      const length = end === null ? Number.POSITIVE_INFINITY : end - begin;
      return at % lanes === lane ? [{ partition, begin, end, at, length }] : [];
    });
    this.#lengths = this.#spans.map(({ length }) => length).sort((one, other) => one - other);
    this.length = this.#lengths.reduce((sum, length) => sum + length, 0);
  }

  /** The message at a place of the stream. */
  at(ordinal: number): { readonly at: number; readonly offset: number } {
    const { round, turn } = this.#turnOf(ordinal);
    const { at, begin } = this.#spans.filter(({ length }) => length > round)[turn]!;
    return { at, offset: begin + round };
  }

  /** The offset of each partition that is the first at or after a place of the stream. */
  offsetsAt(ordinal: number): TopicOffset[] {
    const { round, turn } = this.#turnOf(ordinal);
    let before = 0;
    return this.#spans.map(({ partition, begin, length }) => {
      if (length <= round) return { partition, offset: begin + length };
      return { partition, offset: begin + round + (before++ < turn ? 1 : 0) };
    });
  }

  /** Rounds before a place, in each of which every partition that has not ended gave a message; and its turn in its own. */
  #turnOf(ordinal: number): { readonly round: number; readonly turn: number } {
    let [rounds, left] = [0, ordinal];
    for (const [i, length] of this.#lengths.entries()) {
      const giving = this.#lengths.length - i;
      const until = (length - rounds) * giving;
      if (left < until) return { round: rounds + Math.floor(left / giving), turn: left % giving };
      left -= until;
      rounds = length;
    }
    return { round: rounds, turn: 0 };
  }
}
