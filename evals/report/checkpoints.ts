/** Names for the checkpoints of a report. */
import path from 'node:path';
import type { FoundResult, StoredResult } from './read-results.ts';
import type { ReportedCheckpoint } from './report.ts';

/** Same weights, same identity, wherever they lie. */
export function identityOf({ checkpoint }: StoredResult): string {
  return `${checkpoint.digest}${checkpoint.untrained ? ' untrained' : ''}`;
}

/** The checkpoints in the order in which they first occur, each with a name of its own that is as short as it can be. */
export function namedCheckpoints(found: readonly FoundResult[]): Map<string, ReportedCheckpoint> {
  const distinct = new Map(found.map(({ result }) => [identityOf(result), result.checkpoint]));
  const names = [...distinct.values()].map((checkpoint) => {
    const folder = path.basename(checkpoint.path.replace(/\/checkpoints\/(evaluated-[^/]+\/)?[^/]+\/?$/, ''));
    const untrained = checkpoint.untrained ? ', untrained' : '';
    return [
      `${folder}${untrained}`,
      `${folder}, step ${checkpoint.step}${untrained}`,
      `${folder}, ${checkpoint.digest.slice(0, 12)}${untrained}`,
    ] as const;
  });
  const isOnly = (level: 0 | 1, i: number) => names.every((other, j) => i === j || other[level] !== names[i]![level]);
  return new Map(
    [...distinct].map(([identity, { path, digest, step, architecture, parameters, untrained = false }], i) => {
      const label = names[i]![isOnly(0, i) ? 0 : isOnly(1, i) ? 1 : 2];
      return [identity, { label, path, digest, step, architecture, parameters, untrained }];
    }),
  );
}
