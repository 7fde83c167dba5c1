import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { openImageFolder } from '../../../data/image-folder.ts';
import { loadEncoder, loadUntrainedTwin } from '../../../training/checkpoints/load-encoder.ts';
import { loadConfig, type ResolvedConfig } from '../../../training/config/config.ts';
import { divideSource } from '../../../training/held-out.ts';
import { licenceSummary } from '../../../training/quickstart/attribution.ts';
import {
  buildHeldOutTask,
  embedWith,
  type HeldOutScores,
  requireEnoughPhotos,
  scoreHeldOut,
  VIEW_SIZE,
} from '../../../training/quickstart/held-out-task.ts';
import { neighbourGrid } from '../../../training/quickstart/neighbour-grid.ts';
import { type FetchedPhotos, fetchPhotos } from '../../../training/quickstart/photos.ts';
import type { HeldOutResult } from '../../../training/run-page/data.ts';
import { writeRunPage } from '../../../training/run-page/write-run-page.ts';
import { train } from '../../../training/train.ts';
import { cacheFolder } from '../cache-folder.ts';
import { followTraining } from '../follow-training.ts';
import { collect, parseSeed } from '../options/arguments.ts';
import { Output, table } from '../output.ts';

interface QuickstartOptions {
  data?: string;
  out: string;
  seed: number;
  set?: string[];
  json?: boolean;
}

export function addQuickstartCommand(command: Command): void {
  command
    .option('--data <dir>', 'your own folder of at least 200 photos instead of the fetched ones')
    .option('--out <dir>', 'run folder', 'quickstart-run')
    .option('--seed <number>', 'seed of everything random', parseSeed, 0)
    .option('--set <key=value>', 'override a configuration key; may be repeated', collect)
    .option('--json', 'print progress and result as JSON lines')
    .action(async (options: QuickstartOptions) => {
      const output = new Output(options);
      const out = freeFolder(options.out);
      const photos = options.data === undefined ? await fetchShown(output) : undefined;
      const data = options.data ?? photos!.folder;
      const set = [`training.seed=${options.seed}`, ...(options.set ?? [])];
      const config = loadConfig({ preset: 'quickstart', data, out, set });
      requireEnoughPhotos((await divide(config)).heldOut.length);
      const result = await followTraining((signal) => train(config, { signal }), { json: options.json ?? false });

      if (result.status === 'stopped') {
        const again = `auspex train --resume --out ${out}`;
        output.result({ ...result, resumeWith: again }, `Stopped after ${result.steps} steps. Go on with: ${again}`);
        return;
      }
      output.text('Looking for edited copies of photos that were never trained on ...');
      const { scores, neighbours } = await measure(config, out);
      const page = await writeRunPage(out, {
        title: 'Auspex quickstart',
        summary: `A small encoder that looked at ${scores.photosTrainedOn} photos, and no label.`,
        heldOut: [heldOutResult(scores)],
        neighbours,
        attributions: (photos?.photos ?? []).map(({ name, maker, licence, source }) => ({
          name,
          author: maker,
          licence,
          source,
        })),
      });
      const { trained, baselines } = scores;
      output.result(
        {
          ...result,
          page,
          heldOut: trained.precisionAt1.value,
          baselines: values(baselines),
          intervals: intervals(scores),
        },
        `${resultTable(scores)}\n\nPage with curves and pictures: ${page}\nEncoder: ${result.checkpoint}`,
      );
    });
}

/** A quickstart may be run again: `quickstart-run-2`, ... */
function freeFolder(wanted: string): string {
  for (let number = 1; ; number++) {
    const folder = number === 1 ? wanted : `${wanted}-${number}`;
    if (!existsSync(folder)) return folder;
  }
}

async function fetchShown(output: Output): Promise<FetchedPhotos> {
  const photos = await fetchPhotos({ cacheFolder: cacheFolder(), onProgress: (line) => output.text(line) });
  output.text(
    `${photos.photos.length} photos from Debian's ${photos.package} ${photos.version} (${licenceSummary(photos.photos)}).`,
  );
  output.text(`Who made them: ${photos.attributionFile}`);
  for (const note of photos.notes) output.text(note);
  return photos;
}

/** The photos as the training divides them. */
async function divide({ data, training }: ResolvedConfig) {
  return divideSource(await openImageFolder(data.path!), data.heldOutShare, training.seed);
}

async function measure(config: ResolvedConfig, out: string) {
  const { seed } = config.training;
  const task = await buildHeldOutTask(await divide(config), seed);
  const options = { size: VIEW_SIZE, batchSize: 64, precision: 'fp32' } as const;
  const encoder = await loadEncoder(out, options);
  const scores = await scoreHeldOut(task, encoder, await loadUntrainedTwin(out, options));
  return { scores, neighbours: await neighbourGrid(task, embedWith(encoder)) };
}

const NAMES: Record<string, string> = {
  chance: 'chance',
  pixels: 'pixels',
  colourHistogram: 'colour histogram',
  untrainedNetwork: 'untrained network',
};

function values(baselines: HeldOutScores['baselines']): Record<string, number> {
  return Object.fromEntries(Object.entries(baselines).map(([name, { value }]) => [name, value]));
}

/** 95 % intervals of everything that was scored, and the form that was. */
function intervals({ trained, baselines, margin }: HeldOutScores) {
  const { precisionAt1, form } = trained;
  return { trained: { ...precisionAt1, form }, ...baselines, margin };
}

function heldOutResult({ trained, baselines, queries, gallery }: HeldOutScores): HeldOutResult {
  return {
    title: 'P@1, photos never seen',
    question: `Does an edited copy (cropped, mirrored, recoloured, blurred, compressed) of a photo never trained on find its original among ${gallery} photos? ${queries} queries.`,
    rows: [
      { name: 'trained encoder', kind: 'trained', value: trained.precisionAt1.value, interval: trained.precisionAt1 },
      ...Object.entries(baselines).map(([name, { value, low, high, form }]) => ({
        name: form ? `${NAMES[name]} (${form})` : NAMES[name]!,
        kind: 'baseline' as const,
        value,
        ...(low < high && { interval: { low, high } }),
      })),
    ],
  };
}

function points(share: number): string {
  return `${(share * 100).toFixed(1)} points`;
}

function resultTable(scores: HeldOutScores): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const { question, rows } = heldOutResult(scores);
  const lines = rows.map(({ name, value, interval }) => [
    name,
    percent(value),
    interval ? `${percent(interval.low)} to ${percent(interval.high)}` : '',
  ]);
  const { over, value, low, high } = scores.margin;
  const margin = `${points(value)} above ${NAMES[over]}, the best baseline (95 % interval ${points(low)} to ${points(high)})`;
  return `${question}\n\n${table([['', 'found first', '95 % interval'], ...lines])}\n\nThe trained encoder is ${margin}.`;
}
