/**
 * The paper's tables of evaluations, figure by figure as they are printed, and which benchmark of ours each column is.
 * Lines that begin with # are headings within a table; - is a figure that the paper does not have.
 */
import { RADII_KM } from '../../geo/distance.ts';
import { FAIRNESS_TABLES } from './fairness-tables.ts';
import { figuresOf, type PaperColumn, type PaperTable } from './paper-table.ts';
import { TABLE_17 } from './table-17.ts';

const outOfDomain = (name: string, dataset: string): PaperColumn => ({
  ...{ name, protocol: 'out-of-domain', dataset },
});

const TABLE_7: PaperTable = {
  number: 7,
  title: 'Out-of-domain performance, top-1 accuracy',
  attributes: ['Model', 'Arch.', 'Pretrain', 'Param.'],
  columns: [
    outOfDomain('INet val', 'imagenet'),
    outOfDomain('INet-A', 'imagenet-a'),
    outOfDomain('INet-R', 'imagenet-r'),
    outOfDomain('INet-Sketch', 'imagenet-sketch'),
    outOfDomain('INet-ReaL', 'imagenet-real'),
    outOfDomain('INet-v2', 'imagenet-v2'),
    outOfDomain('ObjectNet', 'objectnet'),
  ],
  rows: figuresOf(
    4,
    `
Supervised | RG-128Gf | INet-1K | 693M | 82.1 | 21.6 | 41.0 | 27.7 | 87.0 | 71.3 | 44.1
# Self-supervised pretraining on full ImageNet
DINO | ViT-B/16 | INet-1K | 85M | 81.4 | 21.4 | 46.1 | 33.3 | 86.4 | 70.1 | 39.4
SimCLR-v2 | RN152w3+SK | INet-1K | 794M | 83.5 | 35.2 | 46.7 | 34.7 | 87.7 | 73.0 | 48.0
BYOL | RN200w2 | INet-1K | 250M | 83.5 | 43.0 | 47.1 | 35.5 | 88.1 | 73.1 | 50.7
SwAV | RN50w5 | INet-1K | 585M | 81.8 | 26.5 | 39.6 | 26.9 | 86.8 | 70.0 | 43.9
SwAV | RG-128Gf | INet-1K | 693M | 82.9 | 28.0 | 42.8 | 32.0 | 87.4 | 71.8 | 44.7
SwAV | RG-128Gf | INet-22k | 693M | 83.9 | 37.8 | 47.8 | 37.9 | 88.7 | 73.3 | 50.0
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 693M | 84.5 | 43.6 | 51.0 | 40.2 | 89.3 | 74.7 | 54.3
SEER (ours) | RG-10B | IG-1B | 10B | 85.8 | 52.7 | 56.1 | 45.6 | 89.8 | 76.2 | 60.2
`,
  ),
};

const TABLE_8: PaperTable = {
  number: 8,
  title: 'Disentangling factors on dSprites, linear probe, accuracy',
  attributes: ['Model', 'Arch.', 'Param.'],
  columns: [
    { name: 'Orientation', protocol: 'linear-probe', dataset: 'dsprites-orientation' },
    { name: 'Location', protocol: 'linear-probe', dataset: 'dsprites-location' },
  ],
  rows: figuresOf(
    3,
    `
Supervised | RG-128Gf | 693M | 75.8 | 95.1
Supervised | ViT-B/16 | 85M | 33.3 | 24.3
# Self-supervised pretraining on ImageNet
DINO | ViT-B/8 | 85M | 32.6 | 24.5
BYOL | RN200w2 | 250M | 80.9 | 94.6
SwAV | RN50w5 | 585M | 79.5 | 91.7
SwAV | RG-128Gf | 693M | 75.2 | 95.7
SimCLRv2 | RN152w3+SK | 794M | 54.1 | 64.6
# Pretrained on random internet images
SEER (ours) | RG-128Gf | 693M | 75.9 | 95.5
SEER (ours) | RG-10B | 10B | 80.9 | 96.3
`,
  ),
};

const TABLE_9: PaperTable = {
  number: 9,
  title: 'Fine-grained recognition, accuracy',
  attributes: ['Model', 'Arch.', 'Pretrain'],
  columns: [
    { name: 'iNaturalist18 linear', protocol: 'linear-probe', dataset: 'inaturalist18' },
    { name: 'iNaturalist18 finetuned', protocol: 'fine-tune', dataset: 'inaturalist18' },
    { name: 'iWildCam-WILDS linear', protocol: 'linear-probe', dataset: 'iwildcam' },
    { name: 'iWildCam-WILDS finetuned', protocol: 'fine-tune', dataset: 'iwildcam' },
  ],
  rows: figuresOf(
    3,
    `
# Supervised pretraining on ImageNet
Supervised [36] | ViT-B/16 | INet-1K | 40.7 | 79.8 | - | -
Supervised [36] | ViT-L/16 | INet-1K | - | 81.7 | - | -
Supervised [47] | RG-128Gf | INet-1K | 47.2 | 78.7 | 73.32 | 76.9
DeiT [117] | ViT-B/16 | INet-1K | - | 79.5 | - | -
ERM [88] | PNASNet-5-Large | - | - | - | - | 77.3
# Self-supervised pretraining on full ImageNet
DINO [19] | ViT-B/16 | INet-1K | 50.1 | 72.6 | - | -
SCLRv2 | RN152w3+SK | INet-1K | 43.0 | 74.1 | 67.9 | 75.5
BYOL | RN200w2 | INet-1K | 45.7 | 76.1 | 73.4 | 75.8
SwAV | RN50w5 | INet-1K | 48.6 | 76.0 | 73.6 | 75.7
SwAV | RG-128Gf | INet-1K | 47.5 | 79.7 | 73.6 | 76.1
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 47.2 | 82.6 | 75.7 | 78.1
SEER (ours) | RG-10B | IG-1B | 53.0 | 84.7 | 76.4 | 78.9
`,
  ),
};

const TABLE_10: PaperTable = {
  number: 10,
  title: 'Copy detection on the strong subset of Copydays, mAP',
  attributes: ['Model', 'Arch.', 'dims', 'size'],
  columns: [
    { name: 'mAP', protocol: 'copy-detection', dataset: 'copydays', metrics: ['mAP'], of: { block: 'strong' } },
  ],
  rows: figuresOf(
    4,
    `
# Supervised pretraining on ImageNet
Multigrain [10] | ResNet-50 | 2048 | long 800 | 82.5
Supervised [19] | ViT-B16 | 1536 | 224^2 | 76.4
# Self-supervised pretraining on ImageNet
DINO [19] | ViT-B/16 | 1536 | 224^2 | 81.7
DINO [19] | ViT-B/8 | 1536 | 320^2 | 85.5
SwAV | ResNet-50 | 1024 | long 224 | 76.2
SwAV | RG-128Gf | 2904 | long 224 | 83.0
# Pretrained on random internet images
SEER (ours) | RG-128Gf | 2904 | long 224 | 86.5
SEER (ours) | RG-256Gf | 4096 | long 224 | 87.8
SEER (ours) | RG-10B | 4096 | long 384 | 88.8
SEER (ours) | RG-10B | 9500 | long 384 | 90.6
`,
  ),
};

const TABLE_11: PaperTable = {
  number: 11,
  title: 'Linear probe on standard datasets: accuracy, and mAP of VOC07',
  attributes: ['Model', 'Arch.', 'Pretrain', 'Param.'],
  columns: [
    { name: 'INet-1K', protocol: 'linear-probe', dataset: 'imagenet' },
    { name: 'Places205', protocol: 'linear-probe', dataset: 'places205' },
    { name: 'VOC07', protocol: 'linear-probe', dataset: 'voc07', metrics: ['mAP'] },
  ],
  rows: figuresOf(
    4,
    `
# Supervised pretraining on ImageNet
Supervised | RG-128Gf | INet-1K | 693M | 80.6 | 56.0 | 89.4
Supervised | ViT-B/16 | INet-1K | 85M | 81.6 | 53.6 | 90.5
# Self-supervised pretraining on ImageNet
MoCov3 | VIT-B/16 | INet-1K | 85M | 75.8 | 53.9 | 89.4
DINO | VIT-B/16 | INet-1K | 85M | 78.2 | 55.2 | 90.6
DINO | VIT-B/8 | INet-1K | 85M | 80.1 | 57.7 | 91.9
SCLRv2 | RN152w3+SK | INet-1K | 794M | 80.0 | 56.0 | -
BYOL | RN200w2 | INet-1K | 250M | 78.3 | 56.8 | 90.1
DINO | RN50 | INet-1K | 25M | 75.1 | 55.9 | 88.5
SwAV | RN50 | INet-1K | 25M | 75.2 | 56.3 | 88.5
SwAV | RN50w5 | INet-1K | 585M | 78.5 | 60.3 | 90.3
SwAV | RG-128Gf | INet-1K | 693M | 78.4 | 60.1 | 91.4
# Pretrained on random internet images
SEER (ours) | RG-128Gf | IG-1B | 693M | 76.0 | 61.9 | 91.6
SEER (ours) | RG-10B | IG-1B | 10B | 79.8 | 62.9 | 91.8
`,
  ),
};

/** Im2GPS above and Im2GPS3k below in the paper; side by side here, for two rows are in both. */
const TABLE_12: PaperTable = {
  number: 12,
  title: 'Geolocalisation: shares of images within so many km',
  attributes: ['Model', 'Arch.', 'Data'],
  columns: (['im2gps', 'im2gps3k'] as const).flatMap((dataset) =>
    RADII_KM.map((radius) => ({
      name: `${dataset === 'im2gps' ? 'Im2GPS' : 'Im2GPS3k'} ${radius} km`,
      protocol: 'geolocalisation',
      dataset,
      metrics: [`within ${radius} km`],
      of: { classifier: 'fine-tuned' },
    })),
  ),
  rows: figuresOf(
    3,
    `
# People
Human | - | - | - | - | 3.8 | 13.9 | 39.3 | - | - | - | - | -
# Specialized models using ImageNet pretraining
ISNs | - | - | 15.6 | 39.2 | 48.9 | 65.8 | 78.5 | - | - | - | - | -
ISNs+HSC | - | - | 15.2 | 40.9 | 51.5 | 65.4 | 78.5 | - | - | - | - | -
ISNs+HSSC | - | - | 16.9 | 43.0 | 51.9 | 66.7 | 80.2 | 10.5 | 28.0 | 36.6 | 49.7 | 66.0
CPlaNet | - | - | 16.5 | 37.1 | 46.4 | 62.0 | 78.5 | - | - | - | - | -
Deep-Ret+ | - | - | 14.4 | 33.3 | 47.7 | 61.6 | 73.4 | - | - | - | - | -
PlaNet | - | - | 8.4 | 24.5 | 37.6 | 53.6 | 71.3 | - | - | - | - | -
Supervised | RG-128Gf | INet-1K | 13.5 | 34.2 | 45.6 | 60.3 | 72.2 | - | - | - | - | -
# Self-supervised pretraining on ImageNet
SwAV | RG-128Gf | INet-1K | 15.6 | 42.6 | 54.9 | 72.2 | 83.5 | - | - | - | - | -
# Pretrained on random internet images
SEER | RG-128Gf | IG-1B | 16.0 | 42.6 | 54.9 | 73.4 | 83.5 | - | - | - | - | -
SEER | RG-256Gf | IG-1B | 15.2 | 43.9 | 58.3 | 73.0 | 83.5 | 12.6 | 33.9 | 45.3 | 61.0 | 76.0
`,
  ),
};

const TABLE_18: PaperTable = {
  number: 18,
  title: 'Low-shot learning on ImageNet, top-1 accuracy',
  attributes: ['Method', 'Arch.', 'Param.'],
  columns: [
    { name: '1%', protocol: 'low-shot', dataset: 'imagenet', options: { share: 0.01 } },
    { name: '10%', protocol: 'low-shot', dataset: 'imagenet', options: { share: 0.1 } },
  ],
  rows: figuresOf(
    3,
    `
# Semi-supervised methods trained on full ImageNet
FixMatch [110] | RN50 | 24M | - | 71.5
CowMix [44] | RN152 | 265M | - | 73.9
# Self-supervised pretraining on full ImageNet
SimCLR [21] | RN50 | 24M | 48.3 | 65.6
SwAV [18] | RN50 | 24M | 53.9 | 70.2
BYOL [52] | RN200 | 250M | 71.2 | 77.7
SimCLR v2 [22] | RN152w3+SK | 795M | 74.9 | 80.1
# Pretrained on random internet images
SEER | RG128 | 693M | 57.5 | 76.7
SEER | RG256 | 1.5B | 60.5 | 77.9
SEER | RG10B | 10B | 62.4 | 78.8
`,
  ),
};

/** In the paper's order. Several of one number are parts of one table. */
export const PAPER_TABLES: readonly PaperTable[] = [
  ...FAIRNESS_TABLES,
  ...[TABLE_7, TABLE_8, TABLE_9, TABLE_10, TABLE_11, TABLE_12, TABLE_17, TABLE_18],
].sort((one, other) => one.number - other.number);
