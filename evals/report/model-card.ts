/**
 * A model card (Mitchell et al. 2019) of one checkpoint, filled from its results and, where it is there, the folder of its training. What
 * only its makers can say is asked for and not made up.
 */
import { describedFigure } from './benchmark-rows.ts';
import { datasetOf, nameOf } from './benchmarks.ts';
import { buildFairnessReport, isOfFairness } from './fairness/build-fairness.ts';
import type { AttributeSection, Comparisons, Disparity, GroupFigure } from './fairness/fairness-report.ts';
import { CAUTION, READING } from './fairness/indicators.ts';
import type { Figure, Report, ReportedCheckpoint } from './report.ts';

/** What the run folder of a checkpoint says of its training. */
export interface TrainingFacts {
  readonly folder: string;
  readonly runId: string;
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Steps from which it was taken up again. */
  readonly resumedFrom: readonly number[];
  readonly data: string;
  /** Images of the data, held-out ones included. */
  readonly images?: number;
  readonly heldOutShare: number;
  /** Images that could not be used. */
  readonly skippedImages: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly precision: string;
  /** Of the last step up to the checkpoint's that has one. */
  readonly loss?: number;
  /** Of the last measurement up to the checkpoint's step. */
  readonly quality?: { readonly step: number; readonly effectiveRank: number; readonly knnAccuracy?: number };
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: string;
  /** The whole configuration. */
  readonly config: unknown;
}

export interface CardFigure {
  readonly metric: string;
  readonly of: string;
  readonly unit: 'per cent' | '';
  readonly figure: Figure;
}

export interface CardEvaluation {
  readonly name: string;
  readonly protocol: string;
  readonly source: string;
  /** Where in the paper the same benchmark stands on the same images, or why it stands nowhere. */
  readonly place: string;
  readonly images: Readonly<Record<string, number>>;
  readonly skipped: number;
  /** Of all images together; those of groups are under fairness. */
  readonly figures: readonly CardFigure[];
  readonly time: string;
  readonly file: string;
}

/** As in a fairness report, of one checkpoint. */
export interface CardFairness {
  readonly indicator: string;
  readonly section: Omit<AttributeSection, 'groups' | 'disparities' | 'unlabelled'>;
  readonly groups: readonly (GroupFigure & { readonly group: string })[];
  readonly disparity: Disparity | null;
  readonly unlabelled: number;
}

export interface ModelCard {
  readonly formatVersion: 1;
  readonly model: ReportedCheckpoint;
  /** When the newest result was made. */
  readonly time: string;
  /** What it is trained by, or why that is not known. */
  readonly training: TrainingFacts | { readonly unknown: string };
  readonly evaluations: readonly CardEvaluation[];
  readonly fairness: readonly CardFairness[];
  readonly comparisons: Comparisons;
  readonly limits: readonly string[];
  readonly caution: typeof CAUTION;
  readonly reading: readonly string[];
  /** What its makers have to write themselves. */
  readonly toBeWritten: readonly string[];
}

const TO_BE_WRITTEN: readonly string[] = [
  'Who made the model, whom to ask about it, and under which licence it may be used.',
  'What it is meant for, by whom, and what it must not be used for.',
  'Where the training data come from, who is in them, and with what consent and licence.',
  'Which groups and harms matter where it is to be used, and why these measures were chosen.',
];

/** @param report of results of this checkpoint alone */
export function buildModelCard(report: Report, training: ModelCard['training']): ModelCard {
  const [model] = report.checkpoints;
  const fair = buildFairnessReport({ ...report, results: report.results.filter(isOfFairness) });
  // A fairness report counts its own results.
  const numbers = [...report.results.keys()].filter((index) => isOfFairness(report.results[index]!));
  const renumbered = ({ figure, ...size }: GroupFigure): GroupFigure =>
    figure ? { ...size, figure: { ...figure, result: numbers[figure.result]! } } : size;
  return {
    formatVersion: 1,
    model: model!,
    time: report.time,
    training,
    evaluations: report.results.map(({ file, place, variant, result }, index) => ({
      name: nameOf(datasetOf(result), variant),
      ...{ protocol: result.protocol, source: result.source, place, file, time: result.time },
      images: result.data.images,
      skipped: result.data.skipped.length,
      figures: result.metrics
        .filter(({ of }) => of?.['attribute'] === undefined)
        .map((metric) => describedFigure(metric, index)),
    })),
    fairness: fair.indicators.flatMap(({ title, attributes }) =>
      attributes
        .toSorted((one, other) => Number(other.isMain) - Number(one.isMain))
        .map(({ groups, disparities, unlabelled, ...section }) => ({
          indicator: title,
          section,
          groups: groups.flatMap(({ group, figures: [figure] }) => (figure ? [{ group, ...renumbered(figure) }] : [])),
          disparity: disparities[0] ?? null,
          unlabelled: unlabelled[0] ?? 0,
        })),
    ),
    comparisons: fair.comparisons,
    limits: limitsOf(report, fair.missing, training),
    caution: CAUTION,
    reading: READING,
    toBeWritten: TO_BE_WRITTEN,
  };
}

/** What the results themselves say against relying on them. */
function limitsOf(
  { results, checkpoints: [model], warnings }: Report,
  missing: readonly string[],
  training: ModelCard['training'],
): string[] {
  const partial = results.filter(({ tables }) => tables.length === 0).length;
  const skipped = results.reduce((sum, { result }) => sum + result.data.skipped.length, 0);
  const groups = results.flatMap(({ result }) => result.groups?.flatMap((each) => each.groups) ?? []);
  const small = groups.filter(({ status }) => status !== 'enough').length;
  const unlabelled = results.flatMap(({ result }) => result.groups?.map((each) => each.unlabelled) ?? []);
  const most = Math.max(0, ...unlabelled);
  return [
    ...(model!.untrained ? ['These are first weights: the network has learned nothing.'] : []),
    ...('unknown' in training ? [`Nothing is known of its training here: ${training.unknown}.`] : []),
    ...('status' in training && training.status !== 'finished'
      ? [`Its training is ${training.status}, at step ${model!.step} when this checkpoint was written.`]
      : []),
    ...(missing.length > 0 ? [`Not measured: ${missing.join('; ')}.`] : []),
    ...(small > 0
      ? [`${small} of ${groups.length} groups are too small to be compared, or have no image that could be judged.`]
      : []),
    ...(most > 0 ? [`Up to ${most} images of an evaluation have no label of an attribute, and are in no group.`] : []),
    ...(partial > 0
      ? [
          `${partial} of ${results.length} results are not of the images of the paper's tables and must not be set beside them.`,
        ]
      : []),
    ...(skipped > 0 ? [`${skipped} images could not be decoded and are in no figure.`] : []),
    ...warnings,
  ];
}
