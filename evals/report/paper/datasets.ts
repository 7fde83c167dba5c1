/** How many images the datasets of the paper's tables have, by which a result on a part of one is told from one on all of it. */

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

/** Images that are scored, of datasets that Table 13 leaves out: as their authors published them. */
const SCORED: Readonly<Record<string, number>> = {
  // Of the fairness indicators, as Sec. 4.1.1 to 4.1.4 count them.
  'casual-conversations': 2982,
  'casual-conversations-utk-faces': 2982,
  'dollar-street': 16_073,
  'hateful-memes': 500,
  // Copies of its strong block; the paper's 3,212 are those of all blocks.
  copydays: 229,
  im2gps: 237,
  im2gps3k: 2997,
  'food-101': 25_250,
  'stanford-cars': 8041,
  'cifar-10': 10_000,
  'cifar-100': 10_000,
  'fgvc-aircraft': 3333,
  'stl-10': 8000,
  mnist: 10_000,
  inaturalist18: 24_426,
  iwildcam: 8154,
  'imagenet-a': 7500,
  'imagenet-r': 30_000,
  'imagenet-sketch': 50_889,
  // Of 50,000 images, those that the new labels say anything about.
  'imagenet-real': 46_837,
  'imagenet-v2': 10_000,
  // Of its 313 classes, the 113 that ImageNet has too.
  objectnet: 18_574,
};

/** Images that are searched: originals and 10,000 distractors; faces of UTK-Faces (Sec. 4.1.1). */
const SEARCHED: Readonly<Record<string, number>> = { copydays: 10_157, 'casual-conversations-utk-faces': 24_108 };

/** Images that may be missing among them, since editions of the download differ by a few. */
const SEARCHED_SLACK: Readonly<Record<string, number>> = { 'casual-conversations-utk-faces': 10 };

export interface DatasetSizes {
  readonly train?: number;
  readonly test?: number;
  readonly searched?: number;
  readonly searchedSlack?: number;
}

/** Images that are scored, and that are trained on or searched; undefined where nobody says. */
export function sizesOf(dataset: string): DatasetSizes {
  const row = TABLE_13.find((row) => row.dataset === dataset);
  if (row) return { train: row.train, test: row.test };
  return { test: SCORED[dataset], searched: SEARCHED[dataset], searchedSlack: SEARCHED_SLACK[dataset] };
}
