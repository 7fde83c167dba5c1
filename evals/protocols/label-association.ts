/**
 * Label association, the paper's second indicator of fairness (Sec. 4.1.2, Tables 3 and 4): "for each image in the Casual Conversations
 * dataset, we perform model inference and record top-5 label predictions along with the confidence scores. For each image, we study the
 * type of label predicted where the labels are grouped in various association types"; "with a confidence threshold of 0.1".
 *
 * The checkpoint was fine-tuned on a subset of ImageNet-22K, whose classes bear the words of Table 4. A figure is the share of a group's
 * images that have a label of the association among their five, with that confidence at least. Nothing is trained.
 */
import * as z from 'zod';
import { classesCalled } from '../classifiers/class-names.ts';
import { EvaluationError } from '../errors.ts';
import { ASSOCIATIONS, type Associations } from '../fairness/associations.ts';
import type { Scores } from '../fairness/group-figures.ts';
import { PEOPLE } from '../fairness/known-values.ts';
import { allFigures, checkGroups, type GroupingOptions, groupingOptions } from '../fairness/options.ts';
import { type ClassifyOptions, type TopLabels, topLabels, writeLabels } from '../fairness/top-labels.ts';
import { requireClassifier } from '../fine-tune/require-classifier.ts';
import type { Outcome, Protocol, Workbench } from './protocol.ts';

export interface LabelAssociationOptions extends GroupingOptions, ClassifyOptions {
  /** Labels of an image that are looked at. */
  readonly labels: number;
  /** Confidences below which a label is not counted; tables have the first. */
  readonly thresholds: readonly number[];
  /** Table 4, or another taxonomy's. */
  readonly associations: Associations;
}

/** In the folder of results. */
const LABELS_FILE = 'labels.json';

const options: z.ZodType<LabelAssociationOptions> = z.strictObject({
  size: z.int().min(8).default(224),
  batchSize: z.int().min(1).default(32),
  precision: z.enum(['auto', 'fp32', 'bf16']).default('auto'),
  labels: z.int().min(1).default(5),
  thresholds: z.array(z.number().min(0).max(1)).min(1).default([0.1, 0, 0.3, 0.8]),
  associations: z
    .record(z.string(), z.array(z.string().min(1)).min(1))
    .default({ ...ASSOCIATIONS } as Record<string, string[]>),
  ...groupingOptions(PEOPLE),
});

export const labelAssociation: Protocol<LabelAssociationOptions> = {
  name: 'label-association',
  description: 'how often people of each group are given harmful labels by a fine-tuned network',
  source: 'Sec. 4.1.2, Tables 3 and 4',
  options,
  splits: ['test'],
  layers: () => [],
  check(chosen, splits, data) {
    checkGroups(splits.get('test')!, chosen, data);
  },
  run,
};

async function run(chosen: LabelAssociationOptions, bench: Workbench): Promise<Outcome> {
  const { classes } = requireClassifier(bench.model);
  const labelled = classesOfAssociations(classes, chosen.associations);
  const { images, attributes } = await bench.split('test');
  const top = await topLabels(bench, chosen, chosen.labels);
  await writeLabels(bench.out, LABELS_FILE, classes, images, top);
  const scores = chosen.thresholds.flatMap((threshold) =>
    labelled.map(({ name, members, known }): Scores => {
      const of = { threshold: `${threshold}`, ...(known && { labels: known }) };
      return { name, values: sharesOf(top, members, threshold), of };
    }),
  );
  return { ...allFigures(scores, top.images, attributes!, chosen), files: { labels: LABELS_FILE } };
}

interface Association {
  readonly name: string;
  /** Classes of the network. */
  readonly members: ReadonlySet<number>;
  /** How many of its labels the network has, where that is not all of them. */
  readonly known: string | undefined;
}

/** @throws EvaluationError CLASSES_DIFFER where the network has no label of an association: its figures would be 0 whatever is shown */
function classesOfAssociations(classes: readonly string[], associations: Associations): Association[] {
  return Object.entries(associations).map(([name, labels]) => {
    const found = classesCalled(classes, labels);
    const known = found.filter((members) => members.length > 0).length;
    if (known > 0)
      return {
        name,
        members: new Set(found.flat()),
        known: known < labels.length ? `${known} of ${labels.length}` : undefined,
      };
    const message = `No class of the network (${classes[0]}, ...) is one of ${name} (${labels.join(', ')}): fine-tune on classes that bear these names, or give your own, such as --set 'associations={${name}: [n00000000]}'.`;
    throw new EvaluationError('CLASSES_DIFFER', message);
  });
}

/** 1 for an image with such a label of that confidence. */
function sharesOf(
  { images, perImage, labels, confidences }: TopLabels,
  members: ReadonlySet<number>,
  threshold: number,
): Uint8Array {
  return Uint8Array.from({ length: images.length }, (_, row) => {
    for (let i = row * perImage; i < (row + 1) * perImage; i++)
      if (confidences[i]! >= threshold && members.has(labels[i]!)) return 1;
    return 0;
  });
}
