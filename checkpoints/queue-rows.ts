/**
 * How the queue of past embeddings is divided among ranks.
 *
 * A queue has, for each assigned crop, `length` rows, the newest batch in front. A rank pushes its rows of each batch, and so
 * holds length / N rows, a slice of every batch:
 *
 *     whole queue, N = 2   | batch g: rank 0, rank 1 | batch g-1: rank 0, rank 1 | oldest, cut: rank 0, rank 1 |
 *     of rank 0            | batch g | batch g-1 | oldest |
 *
 * If whole batches fill the queue, it holds the same rows for any number of ranks. The oldest batch of one that they do not
 * fill is cut per rank, so there another number of ranks keeps other rows of it; that is all the difference.
 */

export interface QueueShape {
  readonly assignedCrops: number;
  /** Rows per assigned crop, on all ranks together. */
  readonly length: number;
  readonly width: number;
  /** Images of a batch, on all ranks together. */
  readonly batchSize: number;
}

/** Puts the ranks' queues together. @param parts per rank (assignedCrops, length / ranks, width). */
export function mergeQueue(parts: readonly Float32Array[], shape: QueueShape): Float32Array<ArrayBuffer> {
  const { assignedCrops, length, width } = shape;
  const whole = new Float32Array(assignedCrops * length * width);
  for (const { rank, from, to } of rowMoves(shape, parts.length)) {
    whole.set(parts[rank]!.subarray(from * width, (from + 1) * width), to * width);
  }
  return whole;
}

/** The rows of one rank of `worldSize`. @param whole (assignedCrops, length, width). */
export function queueOfRank(
  whole: Float32Array,
  shape: QueueShape,
  rank: number,
  worldSize: number,
): Float32Array<ArrayBuffer> {
  const { assignedCrops, length, width } = shape;
  const part = new Float32Array((assignedCrops * length * width) / worldSize);
  for (const move of rowMoves(shape, worldSize)) {
    if (move.rank !== rank) continue;
    part.set(whole.subarray(move.to * width, (move.to + 1) * width), move.from * width);
  }
  return part;
}

/** For every row of the whole queue, `to`, the rank that has it, and its row there. */
export function* rowMoves({ assignedCrops, length, batchSize }: QueueShape, worldSize: number) {
  if (length % worldSize !== 0 || batchSize % worldSize !== 0) {
    throw new RangeError(`a queue of ${length} rows, batches of ${batchSize}, cannot be divided by ${worldSize} ranks`);
  }
  for (let crop = 0; crop < assignedCrops; crop++) {
    for (let row = 0; row < length; row++) {
      const batch = Math.floor(row / batchSize);
      const inBatch = row % batchSize;
      const perRank = Math.min(batchSize, length - batch * batchSize) / worldSize;
      const rank = Math.floor(inBatch / perRank);
      const from = (crop * length) / worldSize + (batch * batchSize) / worldSize + (inBatch % perRank);
      yield { rank, from, to: crop * length + row };
    }
  }
}
