/** How many images the datasets of the paper's tables have, by which a result on a part of one is told from one on all of it. */

import { catalogue } from '../../datasets/catalogue.ts';
import type { SplitCount } from '../../datasets/catalogue-entry.ts';

export interface PaperDataset {
  /** As Table 13 prints it. */
  readonly name: string;
  /** As the catalogue has it. */
  readonly dataset: string;
  readonly task: string;
  readonly train: number;
  readonly test: number;
  readonly classes: number;
}

/** Table 13, and the catalogue's name for each row. */
export const TABLE_13: readonly PaperDataset[] = `
imagenet | Standard | ImageNet-1K | 1281167 | 50000 | 1000
places205 | Standard | Places205 | 2448862 | 20500 | 205
voc07 | Standard | PASCAL VOC07 | 5011 | 4952 | 20
oxford-pets | Standard | Oxford-IIT Pets | 3680 | 3669 | 37
flowers-102 | Standard | Oxford Flowers | 2040 | 6149 | 102
caltech-101 | Standard | Caltech-101 | 3060 | 6085 | 102
patch-camelyon | Medical | PatchCamelyon | 262144 | 32768 | 2
resisc45 | Satellite | RESISC45 | 25200 | 6300 | 45
eurosat | Satellite | EuroSAT | 10000 | 5000 | 10
clevr-distance | Structured | CLEVR distance | 70000 | 15000 | 6
clevr-count | Structured | CLEVR counting | 70000 | 15000 | 8
smallnorb-elevation | Structured | Small Norb elevation | 24300 | 24300 | 9
dsprites-orientation | Structured | dSprites Orientation | 589824 | 147456 | 16
dsprites-location | Structured | dSprites Location | 589824 | 147456 | 16
ucf-101 | Videos Activity Recognition | UCF-101 | 9537 | 3783 | 101
kinetics-700 | Videos Activity Recognition | Kinetics-700 | 536485 | 33966 | 700
sun397 | Scene Recognition | SUN397 | 76129 | 21758 | 397
gtsrb | Self-driving | GTSRB | 26683 | 12630 | 43
kitti-distance | Self-driving | KITTI-Distance | 5985 | 1496 | 4
dtd | textures | DTD | 1880 | 1880 | 47
svhn | OCR | SVHN | 73257 | 26032 | 10
`
  .trim()
  .split('\n')
  .map((line) => {
    const [dataset, task, name, ...counts] = line.split(' | ') as [string, string, string, string, string, string];
    const [train, test, classes] = counts.map(Number) as [number, number, number];
    return { name, dataset, task, train, test, classes };
  });

/** Images that are scored, of a dataset that has a reader of its own: copies of its strong block; the paper's 3,212 are those of all blocks. */
const COPIES: Readonly<Record<string, number>> = { copydays: 229 };

/** Images that are searched: originals and 10,000 distractors; faces of UTK-Faces (Sec. 4.1.1). */
const SEARCHED: Readonly<Record<string, number>> = { copydays: 10_157, 'casual-conversations-utk-faces': 24_108 };

/** Images that may be missing among them, since editions of the download differ by a few. */
const SEARCHED_SLACK: Readonly<Record<string, number>> = { 'casual-conversations-utk-faces': 10 };

/** How many images all are. */
export interface Count {
  /** The paper's count first, then that of the dataset as it can be had, where that is another. */
  readonly all: readonly number[];
  /** Images that may be missing, for downloads differ. */
  readonly slack: number;
}

export interface DatasetSizes {
  readonly train?: Count | undefined;
  readonly test?: Count | undefined;
  readonly searched?: Count | undefined;
}

/** Of what is published on the Web one in so many may have gone since. */
const GONE = 5;

/** Images that are scored, and that are trained on or searched; undefined where nobody says. */
export function sizesOf(dataset: string): DatasetSizes {
  const row = TABLE_13.find((row) => row.dataset === dataset);
  const splits = catalogue.find(({ name }) => name === dataset)?.splits;
  // Where it has no test split of its own, what is scored is validation.
  const scored = splits?.test ?? (splits?.train ? splits.val : undefined);
  const searched = SEARCHED[dataset];
  return {
    train: countOf(row?.train, splits?.train),
    test: countOf(row?.test ?? COPIES[dataset], scored),
    searched: searched === undefined ? undefined : { all: [searched], slack: SEARCHED_SLACK[dataset] ?? 0 },
  };
}

function countOf(paper: number | undefined, published: SplitCount | undefined): Count | undefined {
  const counts = [paper ?? published?.paper, published?.images].filter((count) => count !== undefined);
  const [first] = counts;
  if (first === undefined) return undefined;
  return { all: [...new Set(counts)], slack: published?.varies ? Math.floor(first / GONE) : 0 };
}
