/** Our side of the t-SNE benchmark, as a program of its own. Prints one line of JSON; points go to a file, f64. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { FeatureFile } from '../evals/features/feature-file.ts';
import { features } from '../evals/features/features.ts';
import { tsne } from '../evals/hashtags/tsne.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { peakMb } from './measure.ts';

const { rows, points, iterations } = new Command('tsne-ours')
  .requiredOption('--rows <file>', 'of features')
  .requiredOption('--points <file>', 'to write')
  .requiredOption('--iterations <count>', 'at most', parseCount)
  .parse()
  .opts<{ rows: string; points: string; iterations: number }>();

const file = FeatureFile.open(rows);
const values = features(await file.rows(0, file.count), file.width);
const begin = performance.now();
const map = await tsne(values, { iterations });
const seconds = (performance.now() - begin) / 1000;
writeFileSync(points, map.points);
const { divergence, iterations: done } = map;
process.stdout.write(`${JSON.stringify({ seconds, divergence, iterations: done, peakMb: peakMb() })}\n`);
