/** Results of one benchmark, over all checkpoints: which of them belong into one row, and what keeps them from being compared. */
import { isDeepStrictEqual } from 'node:util';
import { identityOf } from './checkpoints.ts';
import { ReportError } from './errors.ts';
import type { FoundResult, StoredResult } from './read-results.ts';

/** At most one result of each checkpoint. */
export interface Benchmark {
  readonly protocol: string;
  readonly dataset: string;
  /** What tells it from other rows of the same benchmark; empty if there is only one. */
  readonly variant: string;
  readonly results: readonly FoundResult[];
  readonly warnings: readonly string[];
}

/** @throws ReportError RESULT_DUPLICATE */
export function benchmarksOf(found: readonly FoundResult[]): Benchmark[] {
  const groups = groupBy(found, ({ result }) => `${result.protocol} ${datasetOf(result)}`);
  return [...groups.values()].flatMap((results) => {
    refuseDuplicates(results);
    return rowsOf(results, []);
  });
}

/** One row if no checkpoint is there twice; otherwise as many as there are images, and ways to evaluate on them. */
function rowsOf(results: readonly FoundResult[], variant: readonly string[]): Benchmark[] {
  const { protocol } = results[0]!.result;
  const dataset = datasetOf(results[0]!.result);
  const row = (some: readonly FoundResult[], parts: readonly string[]): Benchmark => {
    const name = parts.join(', ');
    return {
      protocol,
      dataset,
      variant: name,
      results: some,
      warnings: warningsOf(`${protocol} on ${nameOf(dataset, name)}`, some),
    };
  };
  const checkpoints = new Set(results.map(({ result }) => identityOf(result)));
  if (checkpoints.size === results.length) return [row(results, variant)];
  if (!haveOneDigest(results)) {
    const folders = new Set(results.map(({ result }) => result.data.folder));
    const byData = groupBy(results, ({ result }) => result.data.digest);
    return [...byData.values()].flatMap((some) => {
      const { folder, digest } = some[0]!.result.data;
      return rowsOf(some, [...variant, folders.size === byData.size ? folder : `data ${digest.slice(0, 12)}`]);
    });
  }
  const keys = differingOptions(results);
  const byOptions = groupBy(results, ({ result }) =>
    keys.map((key) => `${key} ${optionText(result.options[key])}`).join(', '),
  );
  return [...byOptions].map(([options, some]) => row(some, [...variant, options]));
}

/** Of a folder of one's own, the folder: its name says nothing. */
export function datasetOf({ data }: StoredResult): string {
  return data.name === 'folder' || data.name === 'places' ? data.folder : data.name;
}

function refuseDuplicates(results: readonly FoundResult[]): void {
  for (const [i, { file, result }] of results.entries()) {
    const same = results.slice(0, i).find((earlier) => {
      const { data, options } = earlier.result;
      return (
        identityOf(earlier.result) === identityOf(result) &&
        data.digest === result.data.digest &&
        isDeepStrictEqual(options, result.options)
      );
    });
    if (!same) continue;
    throw new ReportError(
      'RESULT_DUPLICATE',
      `${file}: is the same evaluation as ${same.file} (${result.protocol} of ${result.checkpoint.path} on ${datasetOf(result)}, equal options); give one of the two.`,
    );
  }
}

function differingOptions(results: readonly FoundResult[]): string[] {
  const keys = [...new Set(results.flatMap(({ result }) => Object.keys(result.options)))].sort();
  const [first] = results;
  return keys.filter((key) =>
    results.some(({ result }) => !isDeepStrictEqual(result.options[key], first!.result.options[key])),
  );
}

function haveOneDigest(results: readonly FoundResult[]): boolean {
  return new Set(results.map(({ result }) => result.data.digest)).size === 1;
}

function warningsOf(name: string, results: readonly FoundResult[]): string[] {
  const values = (of: (result: StoredResult) => string) =>
    [...new Set(results.map(({ result }) => of(result)))].join(' and ');
  const options = differingOptions(results).map(
    (key) => `${key} is ${values((result) => optionText(result.options[key]))}`,
  );
  return [
    ...(options.length > 0 ? [`${name}: the results were made with different options: ${options.join('; ')}.`] : []),
    ...(haveOneDigest(results)
      ? []
      : [
          `${name}: the results are of different images or labels: digests ${values(({ data }) => data.digest.slice(0, 12))}.`,
        ]),
  ];
}

/** "dtd (k 20)", or "dtd" where nothing has to be told apart. */
export function nameOf(name: string, variant: string): string {
  return variant === '' ? name : `${name} (${variant})`;
}

export function optionText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? 'not set' : JSON.stringify(value);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
