/** Published speeds of the networks that are planned here, as data: what predictions are held against. */

/** A training of RegNetY on ImageNet: forward and backward pass of so many images, and the update. */
export interface PublishedRate {
  readonly architecture: string;
  /** Images of a step on one GPU. */
  readonly batchPerRank: number;
  /** One side, in pixels. */
  readonly resolution: number;
  /** Of one GPU. */
  readonly imagesPerSecond: number;
}

const IMAGENET = 1_281_167;

/** pycls' MODEL_ZOO.md: hours for 100 epochs on 8 V100 of 16 GB (PyTorch 1.6, cuDNN 7.6, fp32). */
export const PYCLS_V100: readonly PublishedRate[] = (
  [
    ['200mf', 1024, 3.1],
    ['400mf', 1024, 5.1],
    ['600mf', 1024, 5.2],
    ['800mf', 1024, 6.0],
    ['1.6gf', 1024, 10.1],
    ['3.2gf', 512, 16.5],
    ['4gf', 512, 16.8],
    ['6.4gf', 512, 26.1],
    ['8gf', 512, 28.1],
    ['12gf', 512, 36.0],
    ['16gf', 512, 45.6],
    ['32gf', 256, 76.0],
  ] as const
).map(([size, batch, hours]) => ({
  architecture: `regnety-${size}`,
  batchPerRank: batch / 8,
  resolution: 224,
  imagesPerSecond: (100 * IMAGENET) / (hours * 3600) / 8,
}));

/** timm's results/benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv: images per second of one RTX 3090 (PyTorch 1.12, mixed precision). */
export const TIMM_RTX_3090: readonly PublishedRate[] = (
  [
    ['200mf', 512, 3414.18],
    ['400mf', 512, 2100.99],
    ['600mf', 512, 1809.24],
    ['800mf', 512, 1498.63],
    ['1.6gf', 512, 954.26],
    ['3.2gf', 384, 696.58],
    ['4gf', 384, 640.15],
    ['6.4gf', 256, 388.46],
    ['8gf', 256, 385.84],
    ['12gf', 192, 307.05],
    ['16gf', 192, 264.44],
    ['32gf', 128, 174.41],
  ] as const
).map(([size, batchPerRank, imagesPerSecond]) => ({
  architecture: `regnety-${size}`,
  batchPerRank,
  resolution: 224,
  imagesPerSecond,
}));

/** Our own, docs/performance.md: images per second of the step benchmark's cases on two cores of a Xeon with AMX. */
export const OURS_XEON = [
  { case: '400mf bf16', imagesPerSecond: 66.6 },
  { case: '400mf fp32', imagesPerSecond: 33.5 },
  { case: '8gf bf16', imagesPerSecond: 10.1 },
  { case: '8gf fp32', imagesPerSecond: 2.9 },
] as const;

/** SEER's first paper and VISSL: 128gf, a step of 8,704 images on 512 V100, mixed precision and activation checkpoints. */
export const SEER_V100 = { preset: 'seer-128gf', world: 512, batch: 8704, stepSeconds: 6.125 } as const;

/** Sec. 3.4: a billion images in steps of 7,936. */
export const SEER_10B = { preset: 'seer-10b', world: 496, batch: 7936, iterations: 126_000 } as const;
