/** Many comparisons at once: of a hundred differences that are none, five have a 95 % interval without 0. */
import { probit } from 'simple-statistics';
import type { Interval } from '../../intervals/bootstrap.ts';
import type { Comparisons, Disparity } from './fairness-report.ts';

const ERROR = 0.05;

/**
 * An interval that, with the others of a family, misses with 5 % at most (Bonferroni): each side is longer by the ratio of normal quantiles,
 * since of a bootstrap the far percentiles are not known.
 */
export function togetherInterval({ value, low, high }: Interval, count: number): { low: number; high: number } {
  const factor = count <= 1 ? 1 : probit(1 - ERROR / (2 * count)) / probit(1 - ERROR / 2);
  return { low: value - factor * (value - low), high: value + factor * (high - value) };
}

export function verdictOf(difference: { low: number; high: number }, together: { low: number; high: number }) {
  const excludesNone = ({ low, high }: { low: number; high: number }) => low > 0 || high < 0;
  if (!excludesNone(difference)) return 'not told apart' as const;
  return excludesNone(together) ? ('apart' as const) : ('perhaps' as const);
}

export function comparisonsOf(disparities: readonly Disparity[]): Comparisons {
  const { length: count } = disparities;
  const of = (verdict: Disparity['verdict']) => disparities.filter((each) => each.verdict === verdict).length;
  if (count === 0) return { count, note: 'No two groups are large enough to be compared.' };
  if (count === 1)
    return {
      count,
      note: 'One difference is looked at, by its own 95 % interval, which holds for all pairs of its groups.',
    };
  const chance = Math.round(100 * (1 - (1 - ERROR) ** count));
  return {
    count,
    note:
      `${count} differences are looked at. If none of them were real, and they were independent, at least one 95 % interval would still exclude 0 with a chance of ${chance} %. ` +
      `So beside each interval, which holds for the pairs of groups of its attribute, stands a wider one that holds for all ${count} at once (Bonferroni, by normal quantiles). ` +
      `${of('apart')} exclude 0 by both, ${of('perhaps')} by the narrower only, ${of('not told apart')} by neither.`,
  };
}
