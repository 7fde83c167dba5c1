/**
 * Copy detection, Sec. 4.2.4: "We perform copy detection using cosine similarity between the database and query features and
 * evaluate the performance using mean average precision (mAP)."
 *
 * Split `test` has the copies, `val` the originals with distractors, and `train` images to fit whitening to. Figures are of each
 * block of copies (`strong`, `crops/10`), whose names are the groups of `test`.
 */
import path from 'node:path';
import * as z from 'zod';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { decodeImage, isSkipped } from '../../data/decode.ts';
import { inputOf, isReason } from '../../data/source.ts';
import type { Dataset, Split, SplitName } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import { bootstrap } from '../intervals/bootstrap.ts';
import { classesOf } from '../labels.ts';
import type { Metric } from '../result.ts';
import { colourHistogram } from '../retrieval/baselines.ts';
import { type Descriptors, describeImages, fitWhitenings } from '../retrieval/descriptors.ts';
import { normaliseRows, type Pooling } from '../retrieval/pooling.ts';
import { type Found, searchOriginals } from '../retrieval/search-originals.ts';
import type { Outcome, Protocol, SplitFeatures, Workbench } from './protocol.ts';

const options = z.strictObject({
  /** "Our best results typically used the res4 layer" (App. G). */
  layers: z
    .array(z.enum(['res4', 'res5']))
    .min(1)
    .default(['res4']),
  /** "with R-MAC spatial level 3". */
  poolings: z
    .array(z.enum(['rmac', 'gem', 'average', 'max']))
    .min(1)
    .default(['rmac']),
  levels: z.int().min(1).default(3),
  gemPower: z.number().positive().default(4),
  whitening: z.boolean().default(true),
  /** Principal components that are kept; all by default. The paper's best number "depended on the model". */
  components: z.int().min(1).optional(),
  /** Longer side of an image, of which nothing is cut off. Table 10 has 224 and 384 for our models. */
  size: z.int().min(32).default(224),
  /** Scores a colour histogram beside the encoder: it needs no training, and an encoder is worth what it has above it. */
  histogram: z.boolean().default(true),
});

export type CopyDetectionOptions = z.infer<typeof options>;

/** Ranks of all queries, in the folder of results: what pictures of examples are made from. */
const QUERIES_FILE = 'queries.json';

export const copyDetection: Protocol<CopyDetectionOptions> = {
  name: 'copy-detection',
  description: 'whether a copy that was cut, printed, written over or compressed finds its original',
  source: 'SEER, Sec. 4.2.4, Table 10, App. G',
  options,
  splits: ['val', 'test'],
  layers: ({ layers }) => layers,
  furtherSplits: ({ whitening }) => (whitening ? ['train'] : []),
  check(_, splits, data) {
    const [val, test] = [splits.get('val')!, splits.get('test')!];
    const numClasses = data.classes.length;
    const known = new Set(
      Array.from({ length: val.images.length }, (_, i) => classesOf(val.labels, i, numClasses)).flat(),
    );
    for (let query = 0; query < test.images.length; query++) {
      if (classesOf(test.labels, query, numClasses).some((label) => known.has(label))) continue;
      const message = `${test.images.name(query)} is a copy of nothing in split val of ${data.name}.`;
      throw new EvaluationError('LABELS_WRONG', message);
    }
  },
  run,
};

/** What is compared by: in the names of figures, and beside its queries in their file. */
type Method = Readonly<Record<string, string>>;

async function run(chosen: CopyDetectionOptions, bench: Workbench): Promise<Outcome> {
  const [database, queries] = [await bench.split('val'), await bench.split('test')];
  const originalsOf = originalsFinder(database, queries, bench.data);
  const results: { method: Method; found: Found[] }[] = [];
  for (const layer of chosen.layers) {
    const poolings = chosen.poolings.map((kind) => poolingOf(kind, chosen));
    const described = await describeSplits(layer, poolings, chosen, bench);
    for (const [i, kind] of chosen.poolings.entries()) {
      const method = { layer, pooling: kind, whitening: chosen.whitening ? 'on' : 'off' };
      results.push({ method, found: await searchOriginals(described.test[i]!, described.val[i]!, originalsOf) });
    }
  }
  if (chosen.histogram) {
    const [known, wanted] = [await histograms(database, bench, 'val'), await histograms(queries, bench, 'test')];
    results.push({
      method: { features: 'colour histogram' },
      found: await searchOriginals(wanted, known, originalsOf),
    });
  }
  await writeQueries(path.join(bench.out, QUERIES_FILE), results, database, queries);
  return {
    metrics: results.flatMap(({ method, found }) => metricsOf(method, found, queries)),
    files: { queries: QUERIES_FILE },
  };
}

function poolingOf(kind: Pooling['kind'], { levels, gemPower }: CopyDetectionOptions): Pooling {
  if (kind === 'rmac') return { kind, levels };
  return kind === 'gem' ? { kind, power: gemPower } : { kind };
}

/** Maps are pooled as they come: those of all images would not fit into memory. */
async function describeSplits(
  layer: 'res4' | 'res5',
  poolings: readonly Pooling[],
  { size, whitening, components }: CopyDetectionOptions,
  bench: Workbench,
): Promise<{ val: Descriptors[]; test: Descriptors[] }> {
  const maps = (split: SplitName): AsyncIterable<SplitFeatures> => bench.batches({ split, layer, size }, 'whole');
  const whitenings = whitening ? await fitWhitenings(maps('train'), poolings, components, bench.signal) : [];
  return {
    val: await describeImages(maps('val'), poolings, whitenings),
    test: await describeImages(maps('test'), poolings, whitenings),
  };
}

async function histograms({ images }: Split, bench: Workbench, split: SplitName): Promise<Descriptors> {
  const rows: number[] = [];
  const vectors: Float32Array[] = [];
  for (let image = 0; image < images.length; image++) {
    bench.signal.throwIfAborted();
    const input = await inputOf(images, image);
    const picture =
      isReason(input) || (typeof input === 'object' && 'data' in input) ? input : await decodeImage(input);
    if (!isSkipped(picture)) {
      rows.push(image);
      vectors.push(colourHistogram(picture));
    }
    bench.progress(`colour histograms of ${split}`, image + 1, images.length);
  }
  const dimension = vectors[0]?.length ?? 0;
  const joined = new Float32Array(vectors.length * dimension);
  for (const [row, vector] of vectors.entries()) joined.set(vector, row * dimension);
  return { vectors: normaliseRows(joined, dimension), dimension, rows: Int32Array.from(rows) };
}

/** The images of the database that a query shares a class with. */
function originalsFinder(database: Split, queries: Split, { classes }: Dataset): (query: number) => readonly number[] {
  const imagesOf = classes.map((): number[] => []);
  for (let image = 0; image < database.images.length; image++) {
    for (const label of classesOf(database.labels, image, classes.length)) imagesOf[label]!.push(image);
  }
  return (query) => classesOf(queries.labels, query, classes.length).flatMap((label) => imagesOf[label]!);
}

/** Copies of one original are not independent, so originals are drawn, each with all of its copies. */
function metricsOf(method: Method, found: readonly Found[], { groups }: Split): Metric[] {
  const blocks = groupBy(found, ({ query }) => groups?.[query] ?? 'all');
  return [...blocks].flatMap(([block, queries]) => {
    const byOriginal = [...groupBy(queries, ({ original }) => original).values()];
    const figure = (name: string, score: (query: Found) => number): Metric => {
      const scores = byOriginal.map((copies) => ({
        sum: copies.reduce((sum, query) => sum + score(query), 0),
        count: copies.length,
      }));
      const interval = bootstrap(scores.length, (times) => {
        const total = { sum: 0, count: 0 };
        for (const [original, { sum, count }] of scores.entries()) {
          total.sum += times[original]! * sum;
          total.count += times[original]! * count;
        }
        return total.sum / total.count;
      });
      return { name, ...interval, count: queries.length, of: { ...method, block } };
    };
    return [figure('mAP', (query) => query.averagePrecision), figure('precision@1', ({ rank }) => Number(rank === 1))];
  });
}

function groupBy<Key>(found: readonly Found[], keyOf: (query: Found) => Key): Map<Key, Found[]> {
  const groups = new Map<Key, Found[]>();
  for (const each of found) {
    const key = keyOf(each);
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return groups;
}

async function writeQueries(
  file: string,
  results: readonly { method: Method; found: Found[] }[],
  database: Split,
  queries: Split,
): Promise<void> {
  const described = results.map(({ method, found }) => ({
    ...method,
    queries: found.map(({ query, original, nearestWrong, ...rest }) => ({
      query: queries.images.name(query),
      original: database.images.name(original),
      ...rest,
      ...(nearestWrong && {
        nearestWrong: { image: database.images.name(nearestWrong.image), similarity: nearestWrong.similarity },
      }),
    })),
  }));
  const text = `${JSON.stringify({ formatVersion: 1, methods: described }, null, 1)}\n`;
  await writeFileAtomically(file, (handle) => handle.writeFile(text));
}
