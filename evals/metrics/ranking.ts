/** Rows by decreasing score, in groups of equal ones: sorted once, and asked about any sample of the rows. */
import { checkRows } from './check-rows.ts';

/** What a group of rows of equal scores holds. */
interface Counts {
  positives: number;
  negatives: number;
}

export interface Ranking {
  /** Calls `visit` with each group of rows that the sample has, the highest score first. */
  visit(counts: ArrayLike<number> | undefined, visit: (group: Readonly<Counts>) => void): void;
}

/**
 * @param present 1 or 0; rows of -1, which nobody judged, are left out
 * @param column of how many, for matrices (rows, columns)
 * @throws EvaluationError SHAPES_DIFFER
 */
export function rank(
  scores: ArrayLike<number>,
  present: ArrayLike<number>,
  { column = 0, columns = 1 }: { readonly column?: number; readonly columns?: number } = {},
): Ranking {
  checkRows(scores.length, present.length, 'scores');
  const scoreOf = (row: number) => scores[row * columns + column]!;
  const judged = Int32Array.from({ length: present.length / columns }, (_, row) => row).filter(
    (row) => present[row * columns + column]! >= 0,
  );
  const order = judged.sort((a, b) => scoreOf(b) - scoreOf(a));
  const positive = Uint8Array.from(order, (row) => (present[row * columns + column]! > 0 ? 1 : 0));
  const last = Uint8Array.from(order, (row, place) =>
    place + 1 === order.length || scoreOf(order[place + 1]!) !== scoreOf(row) ? 1 : 0,
  );
  return {
    visit(counts, visit) {
      const group = { positives: 0, negatives: 0 };
      for (let place = 0; place < order.length; place++) {
        const count = counts === undefined ? 1 : counts[order[place]!]!;
        if (positive[place]) group.positives += count;
        else group.negatives += count;
        if (!last[place]) continue;
        if (group.positives + group.negatives > 0) visit(group);
        group.positives = 0;
        group.negatives = 0;
      }
    },
  };
}
