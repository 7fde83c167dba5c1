/**
 * Geolocalisation, Sec. 5.1: "we are interested in auditing if the model has learned some salient property allowing it to predict the gps
 * coordinates of a given input image." "[We] treat this problem as a classification problem, sub-dividing the Earth into geographical cells."
 * "The predicted cells are mapped back to a geographical latitude and longitude and the great circle distance (GCD) is computed by comparing
 * to the ground truth latitude/longitude." Table 12 has the shares of images within 1, 25, 200, 750 and 2,500 km.
 *
 * Cells are made of the coordinates of split `train`; a cell stands for the mean of its images. Beside the encoder stands the most frequent
 * cell, which needs no look at an image.
 */
import path from 'node:path';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { partOf } from '../../data/part-of.ts';
import { scoresOf, trainLinearClassifier } from '../classifiers/linear-classifier.ts';
import type { Dataset, Split, SplitName } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import { tuneAndScore } from '../fine-tune/train-and-test.ts';
import type { CellPartition } from '../geo/cells.ts';
import { greatCircleKm, placeAt, RADII_KM } from '../geo/distance.ts';
import {
  type FineTunedOptions,
  type GeolocalisationOptions,
  type LinearOptions,
  optionsSchema,
  type PartitionName,
  partitionsOf,
} from '../geo/geo-recipes.ts';
import { type CellPredictions, type CellScores, likeliestCells } from '../geo/hierarchy.ts';
import { type Located, writeLocated } from '../geo/write-located.ts';
import { bootstrapMean } from '../intervals/bootstrap.ts';
import type { Metric } from '../result.ts';
import type { Outcome, Protocol, SplitFeatures, Workbench } from './protocol.ts';

export const geolocalisation: Protocol<GeolocalisationOptions> = {
  name: 'geolocalisation',
  description: 'how far from where an image was taken its most likely cell of the globe is',
  source: 'Sec. 5.1, Table 12',
  options: optionsSchema,
  paths: { folder: 'output' },
  splits: ['train', 'test'],
  layers: (options) => (options.classifier === 'linear' ? options.layers : []),
  check(_, splits, data) {
    for (const [name, split] of splits) requireCoordinates(split, name, data);
  },
  run,
};

/** @throws EvaluationError LABELS_UNSUITABLE */
function requireCoordinates({ coordinates, images }: Split, name: SplitName, data: Dataset): void {
  if (coordinates?.length === 2 * images.length) return;
  const message = `Images of split ${name} of ${data.name} have no coordinates; give a dataset of places, or a folder with coordinates.csv (image,latitude,longitude).`;
  throw new EvaluationError('LABELS_UNSUITABLE', message);
}

/** A partition, and which of its cells each training image lies in. */
interface Known {
  readonly name: PartitionName;
  readonly partition: CellPartition;
  /** -1 where in none. */
  readonly cellOf: Int32Array;
}

/** What is predicted by: in the names of figures, and beside the images in their file. */
type Method = Readonly<Record<string, string>>;

async function run(options: GeolocalisationOptions, bench: Workbench): Promise<Outcome> {
  const train = await bench.split('train');
  const known = await divide(options, train, bench.data);
  const [own] = known;
  const files: Record<string, string> = {};
  const results: { method: Method; located: Located[] }[] = [];
  const test = await bench.split('test');
  const add = async (method: Method, scored: readonly CellScores[], rows: Int32Array) => {
    const [fine, ...coarser] = scored;
    results.push({ method, located: locate(test, own!.partition, rows, likeliestCells(fine!, coarser)) });
    if (results.length > 1) return;
    const { partition } = own!;
    const largest = partition.cells.reduce(
      (best, { images }, cell) => (images > partition.cells[best]!.images ? cell : best),
      0,
    );
    const always = { cells: new Int32Array(rows.length).fill(largest), probabilities: new Float64Array(rows.length) };
    results.push({ method: { classifier: 'most frequent cell' }, located: locate(test, partition, rows, always) });
  };
  const names = { partition: own!.name, ...(options.hierarchy && { hierarchy: 'on' }) };
  if (options.classifier === 'linear') {
    for (const layer of options.layers) {
      const { scored, rows } = await scoreLinearly(options, layer, known, bench);
      await add({ classifier: 'linear', layer, ...names }, scored, rows);
    }
  } else {
    const { scored, rows, checkpoints } = await scoreFineTuned(options, known, train, bench);
    Object.assign(files, checkpoints);
    await add({ classifier: 'fine-tuned', ...names }, scored, rows);
  }
  await writeCells(path.join(bench.out, CELLS_FILE), known);
  return {
    metrics: results.flatMap(({ method, located }) => metricsOf(method, located, test)),
    files: { ...files, cells: CELLS_FILE, ...(await writeLocated(bench.out, results)) },
  };
}

/** @throws EvaluationError TOO_FEW_CLASSES */
async function divide(options: GeolocalisationOptions, { coordinates }: Split, data: Dataset): Promise<Known[]> {
  const { leafCells, partitionOf } = await import('../geo/cells.ts');
  const leaves = leafCells(coordinates!);
  return partitionsOf(options).map(({ name, rule }) => {
    const partition = partitionOf(coordinates!, leaves, rule);
    const numCells = partition.cells.length;
    if (numCells < 2) {
      const message = `The ${leaves.length} training images of ${data.name} make ${numCells === 0 ? 'no cell' : 'one cell'} of more than ${rule.minImages} images (${name}); lower minImages or maxImages (${rule.maxImages}), or give more images.`;
      throw new EvaluationError('TOO_FEW_CLASSES', message);
    }
    return { name, partition, cellOf: Int32Array.from(leaves, (leaf) => partition.find(leaf)) };
  });
}

async function scoreLinearly(
  options: LinearOptions,
  layer: LinearOptions['layers'][number],
  known: readonly Known[],
  bench: Workbench,
) {
  const { size } = options;
  const learned = await bench.features({ split: 'train', layer, size, average: true });
  const asked = await bench.features({ split: 'test', layer, size, average: true });
  const scored: CellScores[] = [];
  for (const { name, partition, cellOf } of known) {
    const { features, classes } = inCells(learned, cellOf);
    const numCells = partition.cells.length;
    const work = {
      signal: bench.signal,
      onProgress: (done: number, total: number) => bench.progress(`steps on ${layer}, ${name} cells`, done, total),
    };
    const classifier = await trainLinearClassifier(features, { kind: 'classes', classes }, numCells, options, work);
    scored.push({ partition, scores: await scoresOf(classifier, asked.features, { signal: bench.signal }) });
  }
  return { scored, rows: asked.rows };
}

/** The rows whose images lie in a cell. */
function inCells({ features, rows }: SplitFeatures, cellOf: Int32Array) {
  const { values, dimension } = features;
  const kept = [...rows.keys()].filter((row) => cellOf[rows[row]!]! >= 0);
  if (kept.length === rows.length) return { features, classes: rows.map((image) => cellOf[image]!) };
  const own = new Float32Array(kept.length * dimension);
  for (const [to, row] of kept.entries()) {
    own.set(values.subarray(row * dimension, (row + 1) * dimension), to * dimension);
  }
  return {
    features: { values: own, count: kept.length, dimension },
    classes: Int32Array.from(kept, (row) => cellOf[rows[row]!]!),
  };
}

async function scoreFineTuned(options: FineTunedOptions, known: readonly Known[], train: Split, bench: Workbench) {
  const {
    classifier: _,
    partition: __,
    minImages: ___,
    maxImages: ____,
    hierarchy: _____,
    folder,
    ...recipe
  } = options;
  const scored: CellScores[] = [];
  const checkpoints: Record<string, string> = {};
  let rows = new Int32Array();
  for (const { name, partition, cellOf } of known) {
    const kept = [...cellOf.keys()].filter((image) => cellOf[image]! >= 0);
    const own: Split = {
      images: partOf(train.images, kept.length, (index) => kept[index]!),
      labels: { kind: 'classes', classes: Int32Array.from(kept, (image) => cellOf[image]!) },
    };
    const tokens = partition.cells.map(({ token }) => token);
    const place = path.join(folder ?? path.join(bench.out, 'fine-tuned'), name);
    const tuned = await tuneAndScore(bench, recipe, own, tokens, place);
    scored.push({ partition, scores: tuned.scores });
    checkpoints[`${name} checkpoint`] = tuned.files.checkpoint;
    rows = Int32Array.from(tuned.rows);
  }
  return { scored, rows, checkpoints };
}

function locate(
  { images, coordinates, groups }: Split,
  { cells }: CellPartition,
  rows: Int32Array,
  { cells: predicted, probabilities }: CellPredictions,
): Located[] {
  return Array.from(rows, (image, row) => {
    const truth = placeAt(coordinates!, image);
    const { token, latitude, longitude } = cells[predicted[row]!]!;
    const km = greatCircleKm(truth, { latitude, longitude });
    const group = groups?.[image];
    return {
      image: images.name(image),
      ...(group !== undefined && { group }),
      truth,
      predicted: { latitude, longitude },
      ...{ cell: token, probability: probabilities[row]!, km },
    };
  });
}

function metricsOf(method: Method, located: readonly Located[], { groups }: Split): Metric[] {
  const names = groups ? [...new Set(located.map(({ group }) => group!))] : [undefined];
  return names.flatMap((name) => {
    const own = name === undefined ? located : located.filter(({ group }) => group === name);
    const of = { ...method, ...(name !== undefined && { group: name }) };
    return RADII_KM.map((radius) => {
      const hits = own.map(({ km }) => Number(km <= radius));
      return { name: `within ${radius} km`, ...bootstrapMean(hits), count: own.length, of };
    });
  });
}

const CELLS_FILE = 'cells.json';

async function writeCells(file: string, known: readonly Known[]): Promise<void> {
  const partitions = known.map(({ name, partition }) => ({ name, cells: partition.cells }));
  const text = `${JSON.stringify({ formatVersion: 1, partitions }, null, 1)}\n`;
  await writeFileAtomically(file, (handle) => handle.writeFile(text));
}
