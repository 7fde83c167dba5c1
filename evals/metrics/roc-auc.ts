import type { Ranking } from './ranking.ts';

/**
 * How often a row that belongs has a higher score than one that does not; equal scores count one half. NaN without either kind.
 * @param counts how often each row occurs
 */
export function rocAuc(ranking: Ranking, counts?: ArrayLike<number>): number {
  let above = 0;
  let negatives = 0;
  let ordered = 0;
  ranking.visit(counts, (group) => {
    ordered += group.negatives * (above + group.positives / 2);
    above += group.positives;
    negatives += group.negatives;
  });
  return ordered / (above * negatives);
}
