/**
 * Detection of hate speech in memes, Sec. 4.1.4, Table 6: "we extract the features before the final pooling layer in order to preserve
 * the spatial information. We use BERT-Base as the text encoder. We concatenate the image features with the BERT text features and
 * train an MLP head on top. We use the AdamW optimizer with epsilon 1e-8, a learning rate of 8e-5. We use a linear learning rate warmup
 * for 2,000 iterations followed by step decays value by 1e-5 every 500 iterations. We train for a total of 22,000 iterations with a
 * batch size of 64. We report the best ROC AUC metric on the dev set during training. For each model, we run the evaluation with three
 * seeds (100, 200 and 300) and report the average ROC AUC on the dev set".
 *
 * What the paper leaves open: that 1e-5 is taken off the rate each time, which so is 0 from iteration 6,000 on; two hidden layers of 768,
 * BERT-base's width; AdamW's decay of 0.01, its authors' and PyTorch's default.
 */
import path from 'node:path';
import * as z from 'zod';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import type { Dataset, Split, SplitName } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import { bootstrap } from '../intervals/bootstrap.ts';
import { labelsOf, requireEveryClass, requireSeveralClasses } from '../labels.ts';
import { averageCells } from '../memes/cells.ts';
import { type MemePoint, type MemeRows, trainOnMemes } from '../memes/train-memes.ts';
import { type Ranking, rank } from '../metrics/ranking.ts';
import { rocAuc } from '../metrics/roc-auc.ts';
import type { Metric } from '../result.ts';
import { OnnxTextEncoder, requireTextModel } from '../text/text-encoder.ts';
import type { Outcome, Protocol, Workbench } from './protocol.ts';

const options = z.strictObject({
  layer: z.enum(['res4', 'res5']).default('res5'),
  size: z.int().min(32).max(4096).default(224),
  /** Means over so many cells each way in place of the whole map, whose memory grows with the square of the view. */
  grid: z.int().min(1).max(64).nullable().default(null),
  /** Folder of a text model; nothing is downloaded. */
  textModel: z.string().min(1).nullable().default(null),
  textPooling: z.enum(['pooler', 'cls', 'mean']).default('cls'),
  maximumTokens: z.int().min(2).max(512).default(128),
  hidden: z.array(z.int().min(1)).default([768, 768]),
  iterations: z.int().min(1).default(22_000),
  batchSize: z.int().min(2).default(64),
  learningRate: z.number().positive().default(8e-5),
  warmupIterations: z.int().min(0).default(2000),
  /** Taken off the rate each time; 0: the rate stays. */
  decay: z.number().min(0).default(1e-5),
  decayEvery: z.int().min(1).default(500),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: z.number().min(0).default(0.01),
  evaluateEvery: z.int().min(1).default(500),
  seeds: z.array(z.int().min(0)).min(1).default([100, 200, 300]),
});

export type HatefulMemesOptions = z.output<typeof options>;

/** Loss and ROC AUC during each training, in the folder of results. */
const CURVES_FILE = 'curves.json';

export const hatefulMemes: Protocol<HatefulMemesOptions> = {
  name: 'hateful-memes',
  description: 'hate speech in memes, by features of picture and text',
  source: 'SEER, Sec. 4.1.4, Table 6',
  options,
  paths: { textModel: 'folder' },
  splits: ['train', 'val'],
  layers: ({ layer }) => [layer],
  check,
  run,
};

/** @throws EvaluationError PROTOCOL_OPTION, TEXT_MODEL, LABELS_UNSUITABLE, TEXTS_MISSING, CLASS_WITHOUT_IMAGES, TOO_FEW_CLASSES */
function check({ textModel }: HatefulMemesOptions, splits: ReadonlyMap<SplitName, Split>, data: Dataset): void {
  if (textModel === null) {
    const message =
      'Options of hateful-memes: textModel is missing; give the folder of a text model as ONNX, such as --set textModel=bert-base-uncased.';
    throw new EvaluationError('PROTOCOL_OPTION', message);
  }
  for (const [name, { labels, texts, images }] of splits) {
    if (labels.kind !== 'classes' || data.classes.length !== 2) {
      const message = `Images of ${data.name} are not of two classes, one of which each has; hateful-memes has no meaning for them.`;
      throw new EvaluationError('LABELS_UNSUITABLE', message);
    }
    if (texts?.length === images.length) continue;
    const message = `Split ${name} of ${data.name} comes without a text for each image; take a dataset that has them, such as hateful-memes.`;
    throw new EvaluationError('TEXTS_MISSING', message);
  }
  requireEveryClass(splits.get('train')!, 'train', data);
  requireSeveralClasses(splits.get('val')!, 'val', data);
  requireTextModel(textModel);
}

async function run(chosen: HatefulMemesOptions, bench: Workbench): Promise<Outcome> {
  // Texts take the least time, and so come first: a text model that does not work ends it early.
  const texts = await encodeTexts(chosen, bench);
  const train = await rowsOf('train', texts.train, chosen, bench);
  const dev = await rowsOf('val', texts.val, chosen, bench);
  const runs: { seed: number; points: MemePoint[] }[] = [];
  for (const seed of chosen.seeds) {
    const onProgress = (done: number, total: number) => bench.progress(`iterations with seed ${seed}`, done, total);
    const points = await trainOnMemes(train, dev, chosen, seed, { signal: bench.signal, onProgress });
    runs.push({ seed, points });
  }
  await writeCurves(path.join(bench.out, CURVES_FILE), runs);
  return { metrics: metricsOf(runs, dev.classes), files: { curves: CURVES_FILE } };
}

interface EncodedTexts {
  readonly values: Float32Array;
  readonly width: number;
}

async function encodeTexts(
  { textModel, textPooling, maximumTokens }: HatefulMemesOptions,
  bench: Workbench,
): Promise<Record<'train' | 'val', EncodedTexts>> {
  const encoder = await OnnxTextEncoder.open(textModel!, textPooling, maximumTokens);
  const encode = async (name: SplitName): Promise<EncodedTexts> => {
    const { texts } = await bench.split(name);
    const onProgress = (done: number, total: number) => bench.progress(`texts of ${name}`, done, total);
    const { values, width } = await encoder.encode(texts!, { signal: bench.signal, onProgress });
    const broken = values.findIndex((value) => !Number.isFinite(value));
    if (broken < 0) return { values, width };
    const message = `A feature of text ${Math.floor(broken / width) + 1} of ${name} is ${values[broken]}; take another text model.`;
    throw new EvaluationError('TEXT_MODEL', message);
  };
  return { train: await encode('train'), val: await encode('val') };
}

/** Of the images that can be decoded. */
async function rowsOf(
  split: SplitName,
  { values, width }: EncodedTexts,
  { layer, size, grid }: HatefulMemesOptions,
  bench: Workbench,
): Promise<MemeRows> {
  const { image, rows } =
    grid === null ? await wholeMaps({ split, layer, size }, bench) : await cellsOf({ split, layer, size }, grid, bench);
  const text = new Float32Array(rows.length * width);
  for (const [row, index] of rows.entries()) text.set(values.subarray(index * width, (index + 1) * width), row * width);
  const labels = labelsOf((await bench.split(split)).labels, rows, 2);
  if (labels.kind === 'classes') return { image, text, classes: labels.classes };
  throw new EvaluationError('LABELS_UNSUITABLE', `Split ${split} of ${bench.data.name} has several classes an image.`);
}

type MapRequest = Parameters<Workbench['batches']>[0];

async function wholeMaps(request: MapRequest, bench: Workbench) {
  const { features, rows } = await bench.features(request);
  return { image: features.values, rows };
}

async function cellsOf(request: MapRequest, grid: number, bench: Workbench) {
  const parts: { cells: Float32Array; rows: Int32Array }[] = [];
  for await (const { features, shape, rows } of bench.batches(request)) {
    const [height, width, channels] = shape as [number, number, number];
    parts.push({ cells: averageCells(features.values, [height, width, channels], grid), rows });
  }
  const image = new Float32Array(parts.reduce((sum, { cells }) => sum + cells.length, 0));
  let place = 0;
  for (const { cells } of parts) {
    image.set(cells, place);
    place += cells.length;
  }
  return { image, rows: Int32Array.from(parts.flatMap(({ rows }) => [...rows])) };
}

const bestOf = (points: readonly MemePoint[]) => points.reduce((best, point) => (point.auc > best.auc ? point : best));

/** The mean over seeds first. Intervals draw the scored images; those of all seeds together. */
function metricsOf(runs: readonly { seed: number; points: readonly MemePoint[] }[], classes: Int32Array): Metric[] {
  const figure = (name: string, points: readonly MemePoint[], of?: Metric['of']): Metric => {
    const rankings = points.map(({ scores }) => rank(scores, classes));
    const mean = (counts: Uint16Array) => meanAuc(rankings, counts);
    return { name, ...bootstrap(classes.length, mean), count: classes.length, ...(of && { of }) };
  };
  const best = runs.map(({ points }) => bestOf(points));
  const last = runs.map(({ points }) => points.at(-1)!);
  return [
    figure('ROC AUC', best),
    ...runs.map(({ seed }, i) => figure('ROC AUC', [best[i]!], { seed: `${seed}` })),
    figure('ROC AUC', last, { iteration: 'last' }),
  ];
}

function meanAuc(rankings: readonly Ranking[], counts: Uint16Array): number {
  return rankings.reduce((sum, ranking) => sum + rocAuc(ranking, counts), 0) / rankings.length;
}

async function writeCurves(
  file: string,
  runs: readonly { seed: number; points: readonly MemePoint[] }[],
): Promise<void> {
  const curves = runs.map(({ seed, points }) => ({
    seed,
    points: points.map(({ iteration, loss, auc }) => ({ iteration, loss, auc })),
  }));
  const text = `${JSON.stringify({ formatVersion: 1, curves }, null, 1)}\n`;
  await writeFileAtomically(file, (handle) => handle.writeFile(text));
}
