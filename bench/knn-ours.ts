/** Our side of the kNN benchmark, as a program of its own: the database stays in its file. Prints one line of JSON. */
import { Command } from 'commander';
import { FeatureFile } from '../evals/features/feature-file.ts';
import { features } from '../evals/features/features.ts';
import { nearestNeighbours } from '../evals/neighbours/nearest-neighbours.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { peakMb } from './measure.ts';

const { database, queries, k } = new Command('knn-ours')
  .requiredOption('--database <file>', 'of features')
  .requiredOption('--queries <file>', 'of features')
  .requiredOption('--k <count>', 'neighbours', parseCount)
  .parse()
  .opts<{ database: string; queries: string; k: number }>();

const file = FeatureFile.open(queries);
const few = features(await file.rows(0, file.count), file.width);
const begin = performance.now();
await nearestNeighbours(few, FeatureFile.open(database), k, 'dot');
const seconds = (performance.now() - begin) / 1000;
process.stdout.write(`${JSON.stringify({ seconds, peakMb: peakMb() })}\n`);
