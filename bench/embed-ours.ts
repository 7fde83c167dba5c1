/** Our side of the embed benchmark, as a program of its own. Prints one line of JSON. */
import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { parseCount } from '../services/cli/options/arguments.ts';
import { loadEncoder } from '../training/checkpoints/load-encoder.ts';
import { ratePerSecond } from './measure.ts';

interface Options {
  checkpoint: string;
  precision: 'fp32' | 'bf16';
  batch: number;
  size: number;
  runs: number;
  threads: number;
}

const { checkpoint, precision, batch, size, runs, threads } = new Command('embed-ours')
  .requiredOption('--checkpoint <dir>', 'whose trunk is run')
  .addOption(new Option('--precision <name>', 'of feature maps').choices(['bf16', 'fp32']).makeOptionMandatory())
  .requiredOption('--batch <images>', 'of a run', parseCount)
  .requiredOption('--size <pixels>', 'side of the images', parseCount)
  .requiredOption('--runs <count>', 'timed batches', parseCount)
  .requiredOption('--threads <count>', 'OpenMP threads', parseCount)
  .parse()
  .opts<Options>();

const encoder = await loadEncoder(checkpoint, { layer: 'pool', size, batchSize: batch, threads, precision });
const views = new Uint8Array(randomBytes(batch * size * size * 3));
const imagesPerSecond = await ratePerSecond(batch, runs, () => encoder.embed(views));
process.stdout.write(`${JSON.stringify({ imagesPerSecond })}\n`);
