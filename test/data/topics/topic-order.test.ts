/** The order of a topic: each message once per epoch, the same for any number of ranks, and computed without reading. */
import assert from 'node:assert/strict';
import { numLanes, offsetsOf, placeOf, type TopicSpan, topicOrder } from '../../../data/topics/topic-order.ts';
import { uniform } from '../../random.ts';

const seed = Date.now() % 1e6;
const spans = (...lengths: (number | null)[]): TopicSpan[] =>
  lengths.map((length, partition) => ({
    partition,
    begin: 10 * partition,
    end: length === null ? null : 10 * partition + length,
  }));

describe(`data: the order of a topic (seed ${seed})`, () => {
  it('has as many lanes as divide a batch and have partitions', () => {
    const cases: [number, number, number][] = [
      [8, 8, 8],
      [8, 16, 8],
      [8, 7, 4],
      [12, 5, 4],
      [7, 6, 1],
      [9408, 496, 448],
    ];
    for (const [batchSize, partitions, lanes] of cases) assert.equal(numLanes(batchSize, partitions), lanes);
  });

  it('gives every message of a lane once per epoch, however long the partitions are', () => {
    const random = uniform(seed);
    for (let round = 0; round < 30; round++) {
      const lengths = Array.from({ length: 1 + Math.floor(random() * 7) }, () => 1 + Math.floor(random() * 40));
      const batchSize = 1 + Math.floor(random() * 12);
      const window = 1 + Math.floor(random() * 60);
      const some = spans(...lengths);
      const order = topicOrder({ spans: some, batchSize, seed, window });
      assert.equal(batchSize % order.lanes, 0);
      const seen = new Set<string>();
      for (let lane = 0; lane < order.lanes; lane++) {
        const length = order.lengthOf(lane);
        for (const epoch of [0, 1]) {
          const places = new Set<number>();
          const ordinals = new Set<number>();
          for (let i = 0; i < length; i++) {
            const sample = order.at(lane, epoch * length + i);
            assert.deepEqual([sample.epoch, sample.lane], [epoch, lane]);
            places.add(sample.index);
            ordinals.add(sample.ordinal);
            const { partition, offset } = placeOf(sample.index, some);
            const { begin, end } = some[partition]!;
            assert.ok(offset >= begin && offset < end!, JSON.stringify({ lengths, batchSize, window }));
            if (epoch === 0) seen.add(`${partition}/${offset}`);
          }
          assert.equal(places.size, length);
          assert.deepEqual(
            [...ordinals].sort((a, b) => a - b),
            [...Array(length).keys()],
          );
        }
      }
      assert.equal(
        seen.size,
        lengths.reduce((sum, length) => sum + length, 0),
      );
    }
  });

  it('mixes within windows only, and otherwise in every epoch', () => {
    const order = topicOrder({ spans: spans(100, 100), batchSize: 2, seed, window: 40 });
    const epoch = (number: number) => Array.from({ length: 100 }, (_, i) => order.at(1, 100 * number + i).ordinal);
    const first = epoch(0);
    for (const [i, ordinal] of first.entries()) assert.equal(Math.floor(ordinal / 20), Math.floor(i / 20));
    assert.notDeepEqual(
      first,
      [...first].sort((a, b) => a - b),
    );
    assert.notDeepEqual(first, epoch(1));
    const other = Array.from({ length: 100 }, (_, i) => order.at(0, i).ordinal);
    assert.notDeepEqual(first, other);
  });

  it('says from which offsets a position is read: nothing that is still to come lies before them', () => {
    const random = uniform(seed + 1);
    for (let round = 0; round < 30; round++) {
      const lengths = Array.from({ length: 1 + Math.floor(random() * 6) }, () => 1 + Math.floor(random() * 30));
      const some = spans(...lengths);
      const order = topicOrder({ spans: some, batchSize: 2, seed, window: 1 + Math.floor(random() * 30) });
      const position = Array.from({ length: order.lanes }, (_, lane) =>
        Math.floor(random() * 2 * order.lengthOf(lane)),
      );
      const from = new Map(offsetsOf(order, position).map(({ partition, offset }) => [partition, offset]));
      assert.deepEqual(
        [...from.keys()],
        some.map(({ partition }) => partition),
      );
      for (const [lane, drawn] of position.entries()) {
        const length = order.lengthOf(lane);
        for (let at = drawn; at < (Math.floor(drawn / length) + 1) * length; at++) {
          const { partition, offset } = placeOf(order.at(lane, at).index, some);
          assert.ok(offset >= from.get(partition)!, JSON.stringify({ lengths, position, at }));
        }
      }
    }
  });

  it('is the same order while a topic without an end grows, far beyond what fits into 32 bits', () => {
    const order = topicOrder({ spans: spans(null, null, null, null), batchSize: 4, seed, window: 64 });
    assert.equal(order.lengthOf(2), Number.POSITIVE_INFINITY);
    const position = 2 ** 40 + 5;
    const { epoch, ordinal } = order.at(2, position);
    assert.equal(epoch, 0);
    assert.equal(Math.floor(ordinal / 16), Math.floor(position / 16));
    assert.ok(order.startOf(2, position)[0]!.offset <= 20 + ordinal);
  });

  it('refuses a topic without messages, and positions that are none', () => {
    assert.throws(() => topicOrder({ spans: [], batchSize: 4, seed, window: 4 }), { code: 'BAD_TOPIC' });
    const order = topicOrder({ spans: spans(5), batchSize: 1, seed, window: 4 });
    assert.throws(() => order.at(0, -1), { code: 'BAD_POSITION' });
    assert.throws(() => order.startOf(0, 1.5), { code: 'BAD_POSITION' });
  });
});
