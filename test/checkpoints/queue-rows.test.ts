import assert from 'node:assert/strict';
import { mergeQueue, type QueueShape, queueOfRank } from '../../checkpoints/queue-rows.ts';

const width = 3;

/** An image's embedding for one assigned crop. */
const embedding = (image: number, crop: number) => [image, crop, 7];

/** The queue of one rank after so many batches, as the executor pushes: new rows in front, the oldest fall out. */
function pushed(rank: number, worldSize: number, { assignedCrops, length, batchSize }: QueueShape, batches: number) {
  const rows = batchSize / worldSize;
  return Float32Array.from(
    Array.from({ length: assignedCrops }, (_, crop) => {
      let queue: number[][] = [];
      for (let batch = 0; batch < batches; batch++) {
        const first = batch * batchSize + rank * rows;
        const fresh = Array.from({ length: rows }, (_, row) => embedding(first + row, crop));
        queue = [...fresh, ...queue].slice(0, length / worldSize);
      }
      return queue;
    }).flat(2),
  );
}

describe('queue rows of several ranks', () => {
  const full: QueueShape = { assignedCrops: 2, length: 36, width, batchSize: 12 };
  const cut: QueueShape = { ...full, length: 30 };
  const short: QueueShape = { ...full, length: 6 };

  it('merge to the queue of one rank where whole batches fill it', () => {
    const expected = pushed(0, 1, full, 5);
    for (const worldSize of [1, 2, 3, 4, 6]) {
      const parts = Array.from({ length: worldSize }, (_, rank) => pushed(rank, worldSize, full, 5));
      assert.deepEqual(mergeQueue(parts, full), expected, `${worldSize} ranks`);
    }
  });

  it('divide into what each rank would have pushed itself', () => {
    const whole = pushed(0, 1, full, 5);
    for (const worldSize of [1, 2, 3, 4, 6]) {
      for (let rank = 0; rank < worldSize; rank++) {
        assert.deepEqual(queueOfRank(whole, full, rank, worldSize), pushed(rank, worldSize, full, 5));
      }
    }
  });

  for (const [what, shape] of [
    ['a batch that is cut', cut],
    ['less than a batch', short],
  ] as const) {
    it(`divide again into the same parts with ${what}, and other ranks get every row once`, () => {
      const parts = [0, 1, 2].map((rank) => pushed(rank, 3, shape, 5));
      const whole = mergeQueue(parts, shape);
      assert.deepEqual(
        [0, 1, 2].map((rank) => queueOfRank(whole, shape, rank, 3)),
        parts,
      );
      const images = (queues: Float32Array[]) =>
        queues.flatMap((queue) => [...queue].filter((_, i) => i % width === 0)).sort((a, b) => a - b);
      assert.deepEqual(images([0, 1].map((rank) => queueOfRank(whole, shape, rank, 2))), images(parts));
      // Batches that are not cut keep their images together in front, as ranks push them.
      const first = queueOfRank(whole, shape, 1, 2).subarray(0, width);
      if (shape === cut) assert.deepEqual([...first], embedding(4 * 12 + 6, 0));
    });
  }

  it('refuse ranks that cannot have equally many rows', () => {
    assert.throws(() => queueOfRank(new Float32Array(216), full, 0, 5), /36 rows.*cannot be divided by 5 ranks/);
  });
});
