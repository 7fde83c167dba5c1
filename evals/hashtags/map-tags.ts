/**
 * A map of hashtags (Sec. 5.2, Figure 12): "we reduce the dimension to 50 using PCA. We represent the hashtags in a 2D plane by computing a
 * t-sne map [...] with a perplexity of 40.0, a learning rate of 100.0 and running for 5000 iterations."
 */
import { EvaluationError } from '../errors.ts';
import type { Features } from '../features/features.ts';
import { principalComponents } from '../linear-algebra/principal-components.ts';
import { trustworthiness } from '../metrics/trustworthiness.ts';
import { type TsneMap, type TsneOptions, type TsneWork, tsne } from './tsne.ts';

/** The defaults are the paper's. */
export interface MapOptions extends TsneOptions {
  /** @default 50 */
  readonly components?: number;
}

export interface TagMap extends TsneMap {
  /** Of the variance, what the principal components hold. */
  readonly explained: number;
  /** Of 12 neighbours, against the principal components, by a sample of 1,000 hashtags. */
  readonly trustworthiness: number;
}

/** Neighbours that the map is judged by. */
const NEIGHBOURS = 12;

/** @throws EvaluationError TOO_FEW_ROWS */
export function requireEnough(count: number, perplexity: number): void {
  if (count > perplexity + 1 && count > 2 * NEIGHBOURS) return;
  const message = `${count} hashtags make no map of perplexity ${perplexity}; give more than ${Math.max(perplexity + 1, 2 * NEIGHBOURS)}, or a smaller perplexity.`;
  throw new EvaluationError('TOO_FEW_ROWS', message);
}

/** @throws EvaluationError TOO_FEW_ROWS, FEATURES_ALIKE; the signal's reason */
export async function mapTags(means: Features, options: MapOptions = {}, work: TsneWork = {}): Promise<TagMap> {
  const { components = 50, perplexity = 40 } = options;
  requireEnough(means.count, perplexity);
  const { scores, explainedShare } = await principalComponents(means, components, work.signal);
  const map = await tsne(scores, options, work);
  return {
    ...map,
    explained: explainedShare.reduce((sum, share) => sum + share, 0),
    trustworthiness: trustworthiness(scores, map.points, { k: NEIGHBOURS }),
  };
}
