/** Finds results of evaluations, and reads them. */

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { messageOf } from '../../errors.ts';
import { RESULT_FILE } from '../result.ts';
import { ReportError } from './errors.ts';
import { readJson } from './read-json.ts';

/** Folders below one that is given: jobs, and sweeps over checkpoints, datasets and protocols, lie no deeper. */
const MAX_DEPTH = 3;

const METRIC = z
  .object({
    name: z.string(),
    value: z.number(),
    low: z.number(),
    high: z.number(),
    count: z.number(),
    of: z.record(z.string(), z.string()).optional(),
  })
  .readonly();

const GROUPS = z
  .object({
    attribute: z.string(),
    unit: z.string(),
    mean: z.enum(['images', 'units']),
    minimum: z.number(),
    minimumUnits: z.number().default(2),
    unlabelled: z.number(),
    groups: z
      .array(
        z
          .object({
            group: z.string(),
            images: z.number(),
            units: z.number(),
            unjudged: z.number(),
            status: z.enum(['enough', 'too few', 'not judged']),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();

/** {@link EvaluationResult}; what a report has no use for is left out. */
const RESULT = z
  .object({
    formatVersion: z.literal(1),
    protocol: z.string(),
    source: z.string(),
    options: z.record(z.string(), z.unknown()).readonly(),
    checkpoint: z
      .object({
        path: z.string(),
        step: z.number(),
        digest: z.string(),
        architecture: z.string(),
        parameters: z.number(),
        untrained: z.boolean().optional(),
      })
      .readonly(),
    data: z
      .object({
        name: z.string(),
        folder: z.string(),
        classes: z.number(),
        images: z.record(z.string(), z.number()).readonly(),
        skipped: z.array(z.object({ name: z.string(), code: z.string(), message: z.string() })).readonly(),
        digest: z.string(),
      })
      .readonly(),
    metrics: z.array(METRIC).min(1).readonly(),
    groups: z.array(GROUPS).readonly().optional(),
    files: z.record(z.string(), z.string()).readonly(),
    seconds: z.number(),
    time: z.string(),
    versions: z.record(z.string(), z.string()).readonly(),
  })
  .readonly();

/** A result as a report reads it. */
export type StoredResult = z.infer<typeof RESULT>;

export interface FoundResult {
  /** Where it was read. */
  readonly file: string;
  readonly result: StoredResult;
}

/**
 * @param paths result files, or folders that hold some, up to {@link MAX_DEPTH} folders down
 * @throws ReportError NO_RESULTS, RESULT_INVALID, RESULT_VERSION
 */
export async function readResults(paths: readonly string[]): Promise<FoundResult[]> {
  const files = (await Promise.all(paths.map(findResults))).flat();
  return Promise.all(
    files.map(async (file) => ({ file, result: await readJson<StoredResult>(file, RESULT, 'RESULT_INVALID') })),
  );
}

async function findResults(place: string): Promise<string[]> {
  const status = await stat(place).catch((cause) => {
    throw new ReportError('NO_RESULTS', `${place} cannot be looked at: check the path.`, { cause });
  });
  if (status.isFile()) return [place];
  const files = await below(place, MAX_DEPTH);
  if (files.length > 0) return files;
  throw new ReportError(
    'NO_RESULTS',
    `${place} has no ${RESULT_FILE}, and no folder up to ${MAX_DEPTH} levels below it has one: give the folder that auspex eval wrote.`,
  );
}

/** A folder with a result is not searched further: what lies in it belongs to the result. */
async function below(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw new ReportError('NO_RESULTS', `${folder} cannot be read: ${messageOf(cause)}`, { cause });
  });
  if (entries.some((entry) => entry.isFile() && entry.name === RESULT_FILE)) return [path.join(folder, RESULT_FILE)];
  if (depth === 0) return [];
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const names = folders.map(({ name }) => name).sort();
  return (await Promise.all(names.map((name) => below(path.join(folder, name), depth - 1)))).flat();
}
