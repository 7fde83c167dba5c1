/** Writes run.html into a run folder, from what the folder holds. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { configOfRun } from '../config/config-of-run.ts';
import { readEvaluations } from '../evaluations/evaluation-records.ts';
import { replaceRunFile } from '../run/replace-run-file.ts';
import { readMetrics, readRun, readSkipped } from '../run/run-folder.ts';
import { TrainingError } from '../training-errors.ts';
import type { RunPageData } from './data.ts';
import { renderRunPage } from './run-page.ts';

export type RunPageExtras = Partial<Pick<RunPageData, 'title' | 'summary' | 'heldOut' | 'neighbours' | 'attributions'>>;

/** @returns the page's path. */
export async function writeRunPage(out: string, extras: RunPageExtras = {}): Promise<string> {
  const run = readRun(out);
  if (!run) throw new TrainingError('NO_RUN', `${out} holds no run.`);
  const config = configOfRun(out);
  const metrics = readMetrics(out);
  const { architecture } = config.model;
  const name = typeof architecture === 'string' ? architecture : 'RegNet';
  const page = renderRunPage({
    title: `${name}: ${path.basename(out)}`,
    summary: `SwAV on the images of ${config.data.path}, batches of ${config.training.batchSize}.`,
    run,
    metrics,
    totalSteps: config.training.iterations ?? metrics.at(-1)?.step ?? 0,
    numPrototypes: config.model.prototypes,
    heldOut: [],
    config: readFileSync(path.join(out, 'config.yaml'), 'utf8'),
    skipped: readSkipped(out),
    evaluations: { configs: config.evaluations, records: readEvaluations(out) },
    attributions: [],
    ...extras,
  });
  const file = path.join(out, 'run.html');
  await replaceRunFile(file, page);
  return file;
}
