/**
 * Where to place activation checkpoints (SEER, eq. 3): cut a chain of layers into K contiguous groups so that the
 * largest sum of activation bytes within a group is as small as possible. Exact, in O(K x layers).
 */
import { AuspexError } from '../errors.ts';

export interface ActivationSplit {
  /** Index of the first layer of groups 2..K, ascending. Equally good splits may exist. */
  readonly boundaries: readonly number[];
  /** Bytes of the largest group. */
  readonly largestSum: number;
}

/**
 * The best split into exactly `groups` non-empty groups.
 *
 * best(k, i) is the smallest largest sum of the first i layers in k groups:
 *
 *     best(k, i) = min over j of max(best(k - 1, j), bytes of layers j..i-1)
 *
 * In j the first term never falls and the second never rises, so the minimum lies where they cross; that point only
 * moves right as i grows, which saves the search over j.
 *
 * @param bytes - activation bytes of each layer: whole numbers of at least 0.
 * @throws AuspexError INVALID_SPLIT if there are fewer layers than groups, or a count is not a whole number.
 */
export function splitActivations(bytes: readonly number[], groups: number): ActivationSplit {
  checkBytes(bytes);
  const layers = bytes.length;
  if (!Number.isInteger(groups) || groups < 1 || groups > layers) {
    throw new AuspexError('INVALID_SPLIT', `${layers} layers cannot be split into ${groups} groups`);
  }
  const prefix = prefixSums(bytes);
  let best = prefix;
  // lastStart[k - 2][i]: where the last of k groups starts in the best split of the first i layers.
  const lastStart: Int32Array[] = [];
  for (let k = 2; k <= groups; k++) {
    const next = new Float64Array(layers + 1);
    const starts = new Int32Array(layers + 1);
    let crossing = k - 1;
    for (let i = k; i <= layers; i++) {
      while (crossing < i - 1 && best[crossing]! < prefix[i]! - prefix[crossing]!) crossing += 1;
      next[i] = Math.max(best[crossing]!, prefix[i]! - prefix[crossing]!);
      starts[i] = crossing;
      const before = crossing - 1;
      if (before >= k - 1 && prefix[i]! - prefix[before]! < next[i]!) {
        next[i] = prefix[i]! - prefix[before]!;
        starts[i] = before;
      }
    }
    lastStart.push(starts);
    best = next;
  }

  const boundaries: number[] = [];
  let end = layers;
  for (const starts of lastStart.reverse()) {
    end = starts[end]!;
    boundaries.unshift(end);
  }
  return { boundaries, largestSum: best[layers]! };
}

/**
 * The best split with the fewest groups whose largest sum is within the budget; null if a single layer exceeds it.
 * @param budget - bytes.
 */
export function smallestSplitWithin(bytes: readonly number[], budget: number): ActivationSplit | null {
  checkBytes(bytes);
  if (bytes.some((layer) => layer > budget)) return null;
  // Filling each group as far as the budget allows gives the fewest groups.
  let groups = 1;
  let sum = 0;
  for (const layer of bytes) {
    if (sum + layer > budget) {
      groups += 1;
      sum = 0;
    }
    sum += layer;
  }
  return splitActivations(bytes, groups);
}

function prefixSums(bytes: readonly number[]): Float64Array {
  const sums = new Float64Array(bytes.length + 1);
  for (const [i, layer] of bytes.entries()) sums[i + 1] = sums[i]! + layer;
  return sums;
}

function checkBytes(bytes: readonly number[]): void {
  const wrong = bytes.findIndex((layer) => !(Number.isSafeInteger(layer) && layer >= 0));
  if (wrong >= 0) {
    throw new AuspexError('INVALID_SPLIT', `layer ${wrong} has ${bytes[wrong]} activation bytes, not a whole number`);
  }
}
