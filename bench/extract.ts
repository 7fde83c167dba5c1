/**
 * `npm run bench -- extract`: features as evaluations take them (checked, kept in a file, found by a digest of the images) against
 * the same images by what `auspex embed` runs. Images per second, in turns, with one encoder.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os, { availableParallelism } from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { type ImageFolder, openImageFolder } from '../data/image-folder.ts';
import { computeFeatures } from '../evals/features/compute-features.ts';
import { embedImages } from '../evals/features/embed-images.ts';
import type { Encoder } from '../evals/features/encoder.ts';
import { FeatureCache } from '../evals/features/feature-cache.ts';
import { digestOfImages } from '../evals/features/images-digest.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { randomNetwork, saveNetwork } from '../test/checkpoints/random-checkpoint.ts';
import { loadEncoder } from '../training/checkpoints/load-encoder.ts';
import { type Bench, compare, median, report } from './bench.ts';
import { writePhotos } from './photos.ts';
import { parseCases, type StepCase } from './step-cases.ts';

interface ExtractBenchOptions {
  readonly cases: readonly StepCase[];
  readonly images: number;
  readonly rounds: number;
}

const SIZE = 224;
const BATCH = 32;
const DEFAULT_CASES = '400mf bf16';

export const extract: Bench<ExtractBenchOptions> = {
  name: 'extract',
  description: 'features for an evaluation, against auspex embed: images per second',
  options: [
    new Option('--cases <list>', 'which, separated by commas')
      .default(parseCases(DEFAULT_CASES), DEFAULT_CASES)
      .argParser(parseCases),
    new Option('--images <count>', 'JPEGs of 500 x 375').default(1024).argParser(parseCount),
    new Option('--rounds <count>', 'of each side, in turns; medians count').default(5).argParser(parseCount),
  ],
  async run({ cases, images, rounds }) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-bench-extract-'));
    try {
      const photos = path.join(folder, 'photos');
      await mkdir(photos);
      await writePhotos(photos, images);
      const source = await openImageFolder(photos);
      const rows = [];
      for (const each of cases) rows.push(await race(each, source, folder, rounds));
      return rows;
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function race({ name, architecture, dtype }: StepCase, source: ImageFolder, folder: string, rounds: number) {
  const { hidden: _, embedding: __, prototypes: ___, ...trunk } = architecture;
  const checkpoint = path.join(folder, name.replace(' ', '-'));
  await saveNetwork(checkpoint, 1, randomNetwork(1, { architecture: trunk }));
  const encoder = await loadEncoder(checkpoint, { layer: 'pool', size: SIZE, batchSize: BATCH, precision: dtype });
  const sides = {
    ours: (round: number) => forEvaluation(source, encoder, path.join(folder, `cache-${round}`)),
    peer: () => embedImages(source, encoder, { threads: availableParallelism() }),
  };
  const rates = { ours: [] as number[], peer: [] as number[] };
  try {
    await sides.peer();
    for (let round = 0; round < rounds; round++) {
      for (const side of ['ours', 'peer'] as const) {
        const begin = performance.now();
        await sides[side](round);
        rates[side].push((1000 * source.length) / (performance.now() - begin));
      }
      report(`  ${name}: ours ${rates.ours.at(-1)!.toFixed(1)}, embed ${rates.peer.at(-1)!.toFixed(1)} images/s`);
    }
  } finally {
    await encoder.free();
  }
  return compare({
    ...{ case: name, ours: median(rates.ours), peer: median(rates.peer), peerName: 'auspex embed', unit: 'images/s' },
    better: 'more',
  });
}

/** All that a protocol's `features` does. */
async function forEvaluation(source: ImageFolder, encoder: Encoder, folder: string): Promise<void> {
  const cache = new FeatureCache(folder, (warning) => {
    throw new Error(warning);
  });
  const key = {
    ...({ checkpoint: '', images: await digestOfImages(source), layer: 'pool', average: false, size: SIZE } as const),
    precision: 'f32' as const,
  };
  await cache.get(key, () =>
    computeFeatures(source, encoder, {
      average: false,
      threads: availableParallelism(),
      signal: new AbortController().signal,
      onProgress: () => undefined,
    }),
  );
}
