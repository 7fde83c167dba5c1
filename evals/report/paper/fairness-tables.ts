/**
 * The paper's tables of Sec. 4.1, on fairness and harm, figure by figure as they are printed, the architecture before the data as in
 * other tables. Table 3 has four rows for each model; here it is one table for each of them, so that a row is a model everywhere.
 */
import { figuresOf, type PaperColumn, type PaperTable } from './paper-table.ts';

interface Groups {
  readonly attribute: string;
  readonly groups: readonly string[];
}

/** A column for each group of each attribute. */
function groupColumns(
  attributes: readonly Groups[],
  { of, ...column }: Omit<PaperColumn, 'name'>,
): readonly PaperColumn[] {
  return attributes.flatMap(({ attribute, groups }) =>
    groups.map((group) => ({ ...column, name: `${attribute}: ${group}`, of: { attribute, group, ...of } })),
  );
}

const GENDER_SKINTONE: Groups = {
  attribute: 'gender x skintone',
  groups: ['female x darker', 'female x lighter', 'male x darker', 'male x lighter'],
};
const AGE: Groups = { attribute: 'age', groups: ['18-30', '30-45', '45-70', '70+'] };

/** Queries of Casual Conversations, and UTK-Faces to search among. */
const RETRIEVAL_DATA = 'casual-conversations-utk-faces';

const TABLE_1: PaperTable = {
  number: 1,
  title: 'Indicator 1, same-attribute (gender) retrieval, precision@1',
  attributes: ['Model', 'Arch.', 'Data'],
  columns: groupColumns(
    [
      { attribute: 'gender', groups: ['female', 'male'] },
      { attribute: 'skintone', groups: ['darker', 'lighter'] },
      GENDER_SKINTONE,
      AGE,
    ],
    { protocol: 'same-attribute-retrieval', dataset: RETRIEVAL_DATA, metrics: ['P@1'] },
  ),
  rows: figuresOf(
    3,
    `
# Supervised pretraining on ImageNet
Supervised | RG-128Gf | INet-1K | 67.5 | 91.8 | 73.6 | 82.1 | 58.2 | 75.1 | 92.7 | 91.1 | 78.5 | 76.7 | 80.1 | 75.8
# Self-supervised pretraining on ImageNet
SwAV | RG-128Gf | INet-1K | 62.1 | 93.0 | 69.7 | 80.8 | 50.3 | 71.6 | 93.7 | 92.5 | 76.6 | 74.6 | 76.7 | 69.4
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 86.7 | 96.1 | 86.8 | 94.2 | 78.2 | 93.7 | 97.5 | 94.9 | 89.6 | 90.5 | 92.6 | 88.7
SEER (ours) | RG-10B | IG-1B | 93.9 | 95.8 | 92.9 | 96.2 | 90.3 | 96.8 | 96.1 | 95.4 | 93.2 | 95.0 | 95.6 | 96.7
`,
  ),
};

const TABLE_2: PaperTable = {
  number: 2,
  title: 'Indicator 1, differences of precision@1 between groups, in points',
  attributes: ['Model', 'Arch.', 'Data'],
  columns: [
    { attribute: 'gender', between: ['male', 'female'] as const },
    { attribute: 'skintone', between: ['lighter', 'darker'] as const },
  ].map(({ attribute, between }) => ({
    name: `${attribute} (${between.join(' - ')})`,
    ...{ protocol: 'same-attribute-retrieval', dataset: RETRIEVAL_DATA, metrics: ['P@1 difference'] },
    ...{ of: { attribute }, between },
  })),
  rows: figuresOf(
    3,
    `
Supervised | RG-128Gf | INet-1K | 24 | 8
# Self-supervised pretraining on ImageNet
SwAV | RG-128Gf | INet-1K | 31 | 11
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 9 | 7
SEER (ours) | RG-10B | IG-1B | 2 | 3
`,
  ),
};

const associations = (association: string, figures: string): PaperTable => ({
  number: 3,
  title: `Indicator 2, images of people that are labelled ${association}, confidence above 0.1`,
  attributes: ['Model', 'Arch.', 'Data'],
  columns: groupColumns([GENDER_SKINTONE, AGE], {
    protocol: 'label-association',
    dataset: 'casual-conversations',
    metrics: [association],
    of: { threshold: '0.1' },
  }),
  rows: figuresOf(3, figures),
});

const TABLE_3: readonly PaperTable[] = [
  associations(
    'Non-Human',
    `
Supervised | RG-128Gf | INet-1K | 2.3 | 6.0 | 2.0 | 1.8 | 2.1 | 2.4 | 5.4 | 4.9
# Self-Supervised pretraining on ImageNet
SwAV | RG-128Gf | INet-1K | 0.1 | 0.2 | 0.3 | 0.1 | 0.1 | 0.2 | 0.2 | 0.1
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 0.1 | 0.6 | 0.7 | 0.7 | 0.8 | 0.1 | 0.5 | 3.2
SEER (ours) | RG-10B | IG-1B | 0 | 0.1 | 0.2 | 0 | 0.1 | 0 | 0.1 | 0
`,
  ),
  associations(
    'Crime',
    `
Supervised | RG-128Gf | INet-1K | 1.2 | 0.2 | 0.7 | 0.4 | 0.6 | 0.9 | 0.1 | 3.2
# Self-Supervised pretraining on ImageNet
SwAV | RG-128Gf | INet-1K | 0.1 | 0.1 | 0.3 | 0.1 | 0.1 | 0.3 | 0.1 | 0.1
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 0.1 | 0.1 | 0.2 | 0.1 | 0.1 | 0.1 | 0.2 | 0.1
SEER (ours) | RG-10B | IG-1B | 0 | 0 | 0.2 | 0.1 | 0 | 0.1 | 0 | 1.6
`,
  ),
  associations(
    'Human',
    `
Supervised | RG-128Gf | INet-1K | 37.4 | 18.5 | 29.5 | 17.5 | 26.9 | 25.7 | 22.8 | 21.0
# Self-Supervised pretraining on ImageNet
SwAV | RG-128Gf | INet-1K | 58.7 | 58.2 | 32.2 | 43.1 | 46.6 | 44.7 | 57.9 | 46.8
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 78.7 | 73.3 | 40.0 | 43.3 | 58.4 | 57.4 | 66.1 | 67.7
SEER (ours) | RG-10B | IG-1B | 93.0 | 87.3 | 57.2 | 59.8 | 73.3 | 72.7 | 82.4 | 79.0
`,
  ),
  associations(
    'Possibly-Human',
    `
Supervised | RG-128Gf | INet-1K | 24.3 | 41.4 | 50.1 | 54.0 | 43.9 | 43.7 | 39.7 | 22.7
# Self-Supervised pretraining on ImageNet
SwAV | RG-128Gf | INet-1K | 66.9 | 66.4 | 82.5 | 70.4 | 70.8 | 73.4 | 69.1 | 53.2
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 23.8 | 21.8 | 56.4 | 40.6 | 38.7 | 38.6 | 24.8 | 6.45
SEER (ours) | RG-10B | IG-1B | 20.2 | 27.9 | 72.6 | 65.1 | 44.9 | 48.3 | 39.5 | 22.6
`,
  ),
];

const TABLE_5: PaperTable = {
  number: 5,
  title: 'Indicator 3, objects of households around the world, top-5 accuracy',
  attributes: ['Model', 'Arch.', 'Data'],
  columns: groupColumns(
    [
      { attribute: 'income', groups: ['low', 'medium', 'high'] },
      { attribute: 'region', groups: ['Africa', 'Asia', 'Americas', 'Europe'] },
    ],
    { protocol: 'dollar-street', dataset: 'dollar-street', metrics: ['top5'] },
  ),
  rows: figuresOf(
    3,
    `
# Supervised pretraining on ImageNet
Supervised | RG-128Gf | INet-1K | 48.3 | 67.2 | 77.9 | 54.2 | 65.3 | 70.7 | 76.2
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 59.5 | 77.8 | 86.0 | 66.0 | 75.9 | 79.5 | 84.6
SEER (ours) | RG-10B | IG-1B | 59.7 | 78.5 | 86.6 | 65.9 | 76.3 | 81.1 | 85.6
`,
  ),
};

const TABLE_6: PaperTable = {
  number: 6,
  title: 'Detection of hate speech in memes, ROC AUC of the dev set, mean of three seeds',
  attributes: ['Model', 'Arch.', 'Data'],
  columns: [{ name: 'ROC AUC', protocol: 'hateful-memes', dataset: 'hateful-memes', metrics: ['ROC AUC'] }],
  rows: figuresOf(
    3,
    `
# Supervised pretraining on ImageNet
Supervised | RN-152 | INet-1K | 70.1
Supervised | RG-128Gf | INet-1K | 68.1
# Self-supervised pretraining on ImageNet
SwAV | RG-128Gf | INet-1K | 66.8
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 72.2
SEER (ours) | RG-10B | IG-1B | 73.4
`,
  ),
};

/** In the paper's order; several of one number are parts of one table. */
export const FAIRNESS_TABLES: readonly PaperTable[] = [...[TABLE_1, TABLE_2, ...TABLE_3, TABLE_5, TABLE_6]];
