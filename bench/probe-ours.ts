/** Our side of the probe benchmark, as a program of its own. Prints one line of JSON. */
import { Command, Option } from 'commander';
import { seededRandom } from '../data/random.ts';
import { trainLinearClassifier } from '../evals/classifiers/linear-classifier.ts';
import { features } from '../evals/features/features.ts';
import { parseCount } from '../services/cli/options/arguments.ts';

interface Options {
  rows: number;
  width: number;
  classes: number;
  epochs: number;
  precision: 'fp32' | 'bf16';
}

const { rows, width, classes, epochs, precision } = new Command('probe-ours')
  .requiredOption('--rows <count>', 'features', parseCount)
  .requiredOption('--width <count>', 'numbers of each', parseCount)
  .requiredOption('--classes <count>', 'of the labels', parseCount)
  .requiredOption('--epochs <count>', 'of a training', parseCount)
  .addOption(new Option('--precision <name>', 'of factors').choices(['bf16', 'fp32']).makeOptionMandatory())
  .parse()
  .opts<Options>();

const { uniform, integer } = seededRandom(1);
const train = features(
  Float32Array.from({ length: rows * width }, () => uniform(-1, 1)),
  width,
);
const labels = { kind: 'classes', classes: Int32Array.from({ length: rows }, () => integer(classes)) } as const;
// An epoch that does not count, of few rows: kernels are made for their shapes.
const some = features(train.values.subarray(0, 512 * width), width);
const warm = { kind: 'classes', classes: labels.classes.subarray(0, 512) } as const;
await trainLinearClassifier(some, warm, classes, { epochs: 1, precision });
const begin = performance.now();
await trainLinearClassifier(train, labels, classes, { epochs, precision });
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - begin) / 1000 })}\n`);
