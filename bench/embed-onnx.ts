/** ONNX Runtime's side of the embed benchmark, as a program of its own. Prints one line of JSON. */
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { normalNumbers } from '../data/random.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { ratePerSecond } from './measure.ts';

/** This version of the package has no types. */
interface Runtime {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => object;
  readonly InferenceSession: {
    create(file: string, options: object): Promise<{ run(feeds: Readonly<Record<string, object>>): Promise<object> }>;
  };
}

interface Options {
  model: string;
  batch: number;
  size: number;
  runs: number;
  threads: number;
}

const { model, batch, size, runs, threads } = new Command('embed-onnx')
  .requiredOption('--model <file>', 'an exported encoder')
  .requiredOption('--batch <images>', 'of a run', parseCount)
  .requiredOption('--size <pixels>', 'side of the images', parseCount)
  .requiredOption('--runs <count>', 'timed batches', parseCount)
  .requiredOption('--threads <count>', 'of an operation', parseCount)
  .parse()
  .opts<Options>();

const { Tensor, InferenceSession } = createRequire(import.meta.url)('onnxruntime-node') as Runtime;
const session = await InferenceSession.create(model, { intraOpNumThreads: threads, graphOptimizationLevel: 'all' });
const images = new Tensor('float32', normalNumbers(batch * 3 * size * size, 1), [batch, 3, size, size]);
const imagesPerSecond = await ratePerSecond(batch, runs, () => session.run({ images }));
process.stdout.write(`${JSON.stringify({ imagesPerSecond })}\n`);
