/** Parsers of option values, for commander. */
import { InvalidArgumentError } from 'commander';
import { parseRankRange, type RankRange } from '../../../actors/coordinator/world-plan.ts';

/** A finite number. */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** A number above 0. */
export function parsePositive(text: string): number {
  const value = parseNumber(text);
  if (value <= 0) throw new InvalidArgumentError('It must be above 0.');
  return value;
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const value = parseNumber(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return value;
}

/** A whole number of at least 0. */
export function parseSeed(text: string): number {
  return text === '0' ? 0 : parseCount(text);
}

/** Whole numbers of at least 1, separated by commas. */
export function parseCounts(text: string): number[] {
  return text.split(',').map(parseCount);
}

/** A number of ranks, or the least and the most. */
export function parseRanks(text: string): RankRange {
  const range = parseRankRange(text);
  if (!range) throw new InvalidArgumentError('It must be a number such as 4, or a range such as 2..4.');
  return range;
}

/** Gathers an option that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
