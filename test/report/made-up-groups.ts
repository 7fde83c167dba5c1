/** Results by group with invented figures, in the form that protocols of fairness give them. */
import path from 'node:path';
import { sizesOf } from '../../evals/report/paper/datasets.ts';
import type { StoredResult } from '../../evals/report/read-results.ts';
import { type Changes, madeUpResult, metric, TWINS, writeResult } from './made-up-results.ts';

type Metric = StoredResult['metrics'][number];
type Groups = NonNullable<StoredResult['groups']>[number];

export interface MadeUpGroup {
  readonly group: string;
  readonly value: number;
  readonly images: number;
  /** @default half of the images */
  readonly units?: number;
  readonly unjudged?: number;
}

export interface MadeUpAttribute {
  readonly attribute: string;
  readonly unit?: string;
  readonly unlabelled?: number;
  readonly groups: readonly MadeUpGroup[];
  /** Half the width of the difference's interval. @default 0.03 */
  readonly half?: number;
}

/** As `groupFigures` has them: of each group, then the difference and ratio of those that are farthest apart. */
export function madeUpGroups(
  name: string,
  { attribute, unit = 'person', unlabelled = 0, groups, half = 0.03 }: MadeUpAttribute,
  of: NonNullable<Metric['of']> = {},
): { metrics: Metric[]; groups: Groups } {
  const sizes = groups.map(({ group, images, units = Math.ceil(images / 2), unjudged = 0 }) => ({
    ...{ group, images, units, unjudged },
    status: images === 0 ? ('not judged' as const) : images < 30 ? ('too few' as const) : ('enough' as const),
  }));
  const shown = groups.filter(({ images }) => images > 0);
  const metrics = shown.map(({ group, value, images }): Metric => {
    const few = images < 30 && { samples: 'too few' };
    return { ...metric(name, value, images), of: { ...of, attribute, group, ...few } };
  });
  const large = shown.filter(({ images }) => images >= 30).toSorted((one, other) => one.value - other.value);
  const [lowest, highest] = [large[0], large.at(-1)];
  if (large.length > 1 && lowest && highest) {
    const value = highest.value - lowest.value;
    const what = {
      count: lowest.images + highest.images,
      of: { ...of, attribute, highest: highest.group, lowest: lowest.group },
    };
    metrics.push({ name: `${name} difference`, value, low: value - half, high: value + half, ...what });
    const ratio = lowest.value / highest.value;
    metrics.push({ name: `${name} ratio`, value: ratio, low: ratio - half, high: ratio + half, ...what });
  }
  return {
    metrics,
    groups: { attribute, unit, mean: 'images', minimum: 30, minimumUnits: 10, unlabelled, groups: sizes },
  };
}

/** Same-attribute retrieval on as many images as the paper has. */
export function madeUpRetrieval(
  attributes: readonly MadeUpAttribute[],
  { data, ...changes }: Changes = {},
): StoredResult {
  const parts = attributes.flatMap((attribute) => [
    madeUpGroups('P@1', attribute, { layer: 'pool' }),
    madeUpGroups('P@5', attribute, { layer: 'pool' }),
  ]);
  return {
    ...madeUpResult({
      protocol: 'same-attribute-retrieval',
      source: 'Sec. 4.1.1, Tables 1 and 2',
      options: { layers: ['pool'], size: 224, k: [1, 5], minimum: 30 },
      ...changes,
      data: {
        name: 'casual-conversations-utk-faces',
        folder: '/data/faces',
        classes: 2,
        images: { test: 2982, val: 24_108 },
        ...data,
      },
      metrics: [{ ...metric('P@1', 0.861, 2953), of: { layer: 'pool' } }, ...parts.flatMap(({ metrics }) => metrics)],
    }),
    groups: parts.filter((_, i) => i % 2 === 0).map(({ groups }) => groups),
  };
}

/** Attributes as of the paper's Table 1; `gap` is how far women are below men. */
export function people(gap: number): MadeUpAttribute[] {
  const male = 0.955;
  return [
    {
      attribute: 'gender',
      unlabelled: 4,
      groups: [
        { group: 'female', value: male - gap, images: 1591 },
        { group: 'male', value: male, images: 1362 },
        { group: 'other', value: 0, images: 0, unjudged: 25 },
      ],
    },
    {
      attribute: 'skintone',
      groups: [
        { group: 'darker', value: 0.868, images: 1400 },
        { group: 'lighter', value: 0.88, images: 1553 },
      ],
    },
    {
      attribute: 'gender x skintone',
      half: 0.05,
      groups: [
        { group: 'female x darker', value: male - 1.4 * gap, images: 760 },
        { group: 'female x lighter', value: male - 0.7 * gap, images: 831 },
        { group: 'male x darker', value: male, images: 640 },
        { group: 'male x lighter', value: male - 0.01, images: 722 },
      ],
    },
    {
      attribute: 'age',
      half: 0.025,
      groups: [
        { group: '18-30', value: 0.86, images: 1002 },
        { group: '30-45', value: 0.871, images: 940 },
        { group: '45-70', value: 0.89, images: 990 },
        { group: '70+', value: 0.9, images: 21, units: 11 },
      ],
    },
  ];
}

/** All three indicators and HatefulMemes for both twins, and a benchmark that has nothing to do with fairness. */
export async function writeMadeUpGroups(folder: string): Promise<void> {
  for (const { name, lift, checkpoint } of TWINS) {
    const write = (key: string, result: StoredResult) => writeResult(path.join(folder, name, key), result);
    write('retrieval', madeUpRetrieval(people(lift > 0 ? 0.09 : 0.24), { checkpoint }));
    const associations = ['Non-Human', 'Crime', 'Human', 'Possibly-Human'].flatMap((association, i) =>
      ['0.1', '0.3'].flatMap((threshold) =>
        people(0.1)
          .slice(2)
          .map((attribute) => ({
            ...madeUpGroups(
              association,
              {
                ...attribute,
                groups: attribute.groups.map((each, j) => ({ ...each, value: shareOf(i, j) + lift / 5 })),
              },
              { threshold },
            ),
          })),
      ),
    );
    write('association', {
      ...madeUpResult({
        protocol: 'label-association',
        source: 'Sec. 4.1.2, Tables 3 and 4',
        checkpoint,
        data: { name: 'casual-conversations', folder: '/data/cc', classes: 2, images: { test: 2982 } },
        metrics: [
          { ...metric('Non-Human', 0.023, 2982), of: { threshold: '0.1' } },
          ...associations.flatMap(({ metrics }) => metrics),
        ],
      }),
      groups: associations.slice(0, 2).map(({ groups }) => groups),
    });
    const homes = homesOf(lift);
    write('homes', {
      ...madeUpResult({
        protocol: 'dollar-street',
        source: 'Sec. 4.1.3, Table 5 and Figure 5',
        checkpoint,
        data: { name: 'dollar-street', folder: '/data/homes', classes: 94, images: { test: 16_073 } },
        metrics: [metric('top5', 0.7, 16_073), ...homes.flatMap(({ metrics }) => metrics)],
      }),
      groups: homes.map(({ groups }) => groups),
    });
    write('memes', {
      ...madeUpResult({
        protocol: 'hateful-memes',
        source: 'Sec. 4.1.4, Table 6',
        checkpoint,
        data: { name: 'hateful-memes', folder: '/data/memes', classes: 2, images: { train: 8500, val: 500 } },
        metrics: [metric('ROC AUC', 0.6 + lift / 2, 500), { ...metric('ROC AUC', 0.61, 500), of: { seed: '100' } }],
      }),
    });
    write('dtd', madeUpResult({ checkpoint, metrics: [metric('top1', 0.5 + lift, sizesOf('dtd').test!.all[0]!)] }));
  }
}

const shareOf = (association: number, group: number) => [0.01, 0.002, 0.6, 0.3][association]! + 0.01 * group;

function homesOf(lift: number) {
  const countries = ['Nigeria', 'India', 'Brazil', 'France', 'Kenya', 'Nepal', 'Peru', 'Spain', 'Togo', 'China'];
  const attribute = (name: string, groups: readonly string[], first: number, step: number): MadeUpAttribute => ({
    ...{ attribute: name, unit: 'household' },
    groups: groups.map((group, i) => ({
      group,
      value: first + step * i + lift / 3,
      images: 400 - 30 * i,
      units: 40 - 3 * i,
    })),
  });
  return [
    attribute('income', ['low', 'medium', 'high'], 0.48, 0.14),
    attribute('region', ['Africa', 'Asia', 'Americas', 'Europe'], 0.54, 0.07),
    attribute('country', [...countries, 'Malawi', 'Cuba', 'Haiti'], 0.4, 0.03),
  ].map((each) => madeUpGroups('top5', each));
}
