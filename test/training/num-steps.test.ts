/** How long a training of so many epochs is. */
import assert from 'node:assert/strict';
import { orderOfSpans } from '../../data/topics/topic-source.ts';
import type { ConfigInput } from '../../training/config/config.ts';
import { loadConfig } from '../../training/config/config.ts';
import { numSteps } from '../../training/step.ts';
import { seed } from '../program/random.ts';
import { uniform } from '../random.ts';
import { TINY } from './tiny-training.ts';

function tiny(batchSize: number, epochs: number) {
  const values = { ...TINY, training: { ...TINY.training, iterations: null, batchSize, epochs } };
  return loadConfig({ values: values as unknown as ConfigInput, data: 'photos', out: 'run' });
}

describe(`steps of a training (seed ${seed})`, () => {
  it('are its images by the batch, rounded up', () => {
    assert.equal(numSteps(tiny(8, 1), { length: 40 }), 5);
    assert.equal(numSteps(tiny(8, 2), { length: 41 }), 11);
    assert.equal(numSteps(tiny(8, 0.5), { length: 40 }), 3);
  });

  /** Partitions of so many messages as a source. */
  function topicOf(lengths: readonly number[]) {
    const spans = lengths.map((end, partition) => ({ partition, begin: 0, end }));
    return {
      length: lengths.reduce((sum, length) => sum + length, 0),
      order: (batchSize: number, seed: number) => orderOfSpans(spans, { batchSize, seed, window: 7 }),
    };
  }

  it('are as many as the longest lane of a topic needs', () => {
    const lengths = [10, 10, 10, 10, 10, 10];
    assert.equal(numSteps(tiny(4, 1), topicOf(lengths)), 20);
    assert.equal(numSteps(tiny(12, 1), topicOf(lengths)), 5);
  });

  it('give every image of a topic its turns, however unequal its partitions are', () => {
    const random = uniform(seed);
    for (let round = 0; round < 30; round++) {
      const batchSize = 1 + Math.floor(random() * 12);
      const epochs = 1 + Math.floor(random() * 2);
      const lengths = Array.from({ length: 1 + Math.floor(random() * 7) }, () => 1 + Math.floor(random() * 40));
      const source = topicOf(lengths);
      const order = source.order(batchSize, 3);
      const turns = new Map<number, number>();
      const rows = numSteps(tiny(batchSize, epochs), source) * (batchSize / order.lanes);
      for (let lane = 0; lane < order.lanes; lane++) {
        for (let row = 0; row < rows; row++) {
          const { index } = order.at(lane, row);
          turns.set(index, (turns.get(index) ?? 0) + 1);
        }
      }
      const message = `batches of ${batchSize}, partitions of ${lengths}, epochs ${epochs}`;
      assert.equal(turns.size, source.length, message);
      assert.ok(Math.min(...turns.values()) >= epochs, message);
    }
  });
});
