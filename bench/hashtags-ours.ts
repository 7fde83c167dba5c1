/** Our side of the benchmark of hashtags, as a program of its own. Prints one line of JSON. */
import { Command } from 'commander';
import { averageTags } from '../evals/hashtags/average-tags.ts';
import { filesOfEmbeddings } from '../evals/hashtags/embedding-source.ts';
import { collect } from '../services/cli/options/arguments.ts';
import { peakMb } from './measure.ts';

const { features, tags } = new Command('hashtags-ours')
  .requiredOption('--features <file>', 'of embeddings; several times', collect)
  .requiredOption('--tags <file>', 'JSON lines')
  .parse()
  .opts<{ features: string[]; tags: string }>();

const begin = performance.now();
const source = filesOfEmbeddings(features);
let streaming = 0;
const timed = {
  ...source,
  async *blocks() {
    const first = performance.now();
    yield* source.blocks();
    streaming = (performance.now() - first) / 1000;
  },
};
const averaged = await averageTags(timed, tags);
const seconds = (performance.now() - begin) / 1000;
const result = { streaming, list: seconds - streaming, hashtags: averaged.tags.length, peakMb: peakMb() };
process.stdout.write(`${JSON.stringify(result)}\n`);
