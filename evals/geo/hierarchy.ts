/**
 * Predictions of a fine partition that agree with those of coarser ones (Müller-Budack et al., 2018): a cell's probability is multiplied by
 * those of the cells that it lies in. "HSC" in Table 12.
 */
import type { CellPartition } from './cells.ts';

/** Scores of a classifier, before softmax, over the cells of a partition: (images, cells). */
export interface CellScores {
  readonly partition: CellPartition;
  readonly scores: Float32Array;
}

export interface CellPredictions {
  /** The likeliest cell of each image. */
  readonly cells: Int32Array;
  /** Its probability among all cells, after multiplication. */
  readonly probabilities: Float64Array;
}

/** @param coarser partitions of larger cells; every fine cell lies in one of each */
export function likeliestCells(fine: CellScores, coarser: readonly CellScores[] = []): CellPredictions {
  const numCells = fine.partition.cells.length;
  const count = fine.scores.length / numCells;
  const parents = coarser.map(({ partition }) =>
    Int32Array.from(fine.partition.cells, (cell) => partition.findCell(cell)),
  );
  const cells = new Int32Array(count);
  const probabilities = new Float64Array(count);
  const logits = new Float64Array(numCells);
  for (let image = 0; image < count; image++) {
    logits.set(fine.scores.subarray(image * numCells, (image + 1) * numCells));
    for (const [i, { partition, scores }] of coarser.entries()) {
      const width = partition.cells.length;
      const own = scores.subarray(image * width, (image + 1) * width);
      // A cell that lies in none of the coarser ones cannot be told from there.
      for (let cell = 0; cell < numCells; cell++) {
        const parent = parents[i]![cell]!;
        logits[cell]! += parent < 0 ? Number.NEGATIVE_INFINITY : own[parent]!;
      }
    }
    const best = indexOfLargest(logits);
    const largest = logits[best]!;
    cells[image] = best;
    probabilities[image] = 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  }
  return { cells, probabilities };
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
