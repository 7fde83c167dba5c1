/**
 * Same-attribute retrieval, the paper's first indicator of fairness (Sec. 4.1.1, Tables 1 and 2): "for each query, retrieve the closest
 * image in the Database based on cosine similarity metric. We perform similarity search for the gender attribute and measure P@1 for
 * different sub-groups: gender, skintone and age groups."
 *
 * Split `test` has the queries, with whom they show, and `val` the database. Classes are the values of the attribute that is searched
 * for. A query that has none of them, or one that no image of the database has, has no right answer and is not judged. Features stay
 * as they are; nothing is trained.
 */
import * as z from 'zod';
import { FEATURE_LAYERS } from '../../program/encoder.ts';
import type { Dataset, Labels, Split, SplitName } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import type { Scores } from '../fairness/group-figures.ts';
import { PEOPLE } from '../fairness/known-values.ts';
import { requireOtherImages, requireOtherPeople } from '../fairness/leaks.ts';
import { allFigures, checkGroups, groupingOptions } from '../fairness/options.ts';
import { requireSeveralClasses } from '../labels.ts';
import { precisionAtK } from '../metrics/precision-at-k.ts';
import { nearestNeighbours } from '../neighbours/nearest-neighbours.ts';
import type { Outcome, Protocol, Workbench } from './protocol.ts';

const options = z.strictObject({
  layers: z.array(z.enum(FEATURE_LAYERS)).min(1).default(['pool']),
  size: z.int().min(8).max(4096).default(224),
  /** Images that are looked at; the paper's tables have the first. */
  k: z.array(z.int().min(1).max(10_000)).min(1).default([1, 5, 10, 50]),
  ...groupingOptions(PEOPLE),
});

export type SameAttributeOptions = z.output<typeof options>;

export const sameAttributeRetrieval: Protocol<SameAttributeOptions> = {
  name: 'same-attribute-retrieval',
  description: 'whether the most similar face is of the same gender, for some people as often as for others',
  source: 'Sec. 4.1.1, Tables 1 and 2',
  options,
  splits: ['val', 'test'],
  layers: ({ layers }) => layers,
  check,
  run,
};

/** @throws EvaluationError NEIGHBOURS_OUT_OF_RANGE, LABELS_UNSUITABLE, LABELS_WRONG, TOO_FEW_CLASSES, QUERY_IN_DATABASE */
function check(chosen: SameAttributeOptions, splits: ReadonlyMap<SplitName, Split>, data: Dataset): void {
  const [database, queries] = [splits.get('val')!, splits.get('test')!];
  checkGroups(queries, chosen, data);
  requireSeveralClasses(database, 'val', data);
  const there = new Set(onlyClasses(database, data.classes.length));
  if (onlyClasses(queries, data.classes.length).every((label) => label < 0 || !there.has(label))) {
    const message = `No query of ${data.name} has one of the classes (${data.classes.join(', ')}) that its database has; there is nothing to be right about.`;
    throw new EvaluationError('LABELS_UNSUITABLE', message);
  }
  requireOtherPeople(queries, database);
  const most = Math.max(...chosen.k);
  if (most <= database.images.length) return;
  const message = `The ${most} most similar images were asked for, and the database has ${database.images.length}; give fewer, such as --set k=[1].`;
  throw new EvaluationError('NEIGHBOURS_OUT_OF_RANGE', message);
}

async function run(chosen: SameAttributeOptions, bench: Workbench): Promise<Outcome> {
  const { layers, size, k } = chosen;
  const [database, queries] = [await bench.split('val'), await bench.split('test')];
  await requireOtherImages(queries.images, database.images, bench.signal, (done, total) =>
    bench.progress('queries that are in the database', done, total),
  );
  const numClasses = bench.data.classes.length;
  const [known, wanted] = [onlyClasses(database, numClasses), onlyClasses(queries, numClasses)];
  const scores: Scores[] = [];
  let images = new Int32Array();
  for (const layer of layers) {
    const among = await bench.features({ split: 'val', layer, size, average: true });
    const asked = await bench.features({ split: 'test', layer, size, average: true });
    const neighbours = await nearestNeighbours(asked.features, among.features, Math.max(...k), 'cosine', {
      signal: bench.signal,
      onProgress: (done, total) => bench.progress(`neighbours by ${layer}`, done, total),
    });
    images = Int32Array.from(asked.rows);
    const [own, theirs] = [asked.rows.map((image) => wanted[image]!), among.rows.map((image) => known[image]!)];
    const there = new Set(theirs.filter((label) => label >= 0));
    for (const nearest of k) {
      const precision = precisionAtK(neighbours, own, theirs, nearest);
      const values = precision.map((value, row) => (there.has(own[row]!) ? value : Number.NaN));
      scores.push({ name: `P@${nearest}`, values, of: { layer } });
    }
  }
  return allFigures(scores, images, queries.attributes!, chosen);
}

/** The class of each image, -1 for one that has none. @throws EvaluationError LABELS_UNSUITABLE for one that has several */
function onlyClasses({ images, labels }: Split, numClasses: number): Int32Array {
  return Int32Array.from({ length: images.length }, (_, image) => {
    const classes = classesOf(labels, image, numClasses);
    if (classes.length <= 1) return classes[0] ?? -1;
    const message = `${images.name(image)} has ${classes.length} classes, and is searched for by one.`;
    throw new EvaluationError('LABELS_UNSUITABLE', message);
  });
}

function classesOf(labels: Labels, image: number, numClasses: number): number[] {
  if (labels.kind === 'classes') return [labels.classes[image]!];
  const present = labels.present.subarray(image * numClasses, (image + 1) * numClasses);
  return [...present.keys()].filter((label) => present[label] === 1);
}
