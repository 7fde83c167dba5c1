/**
 * `npm run bench -- crops`: decoding plus SwAV's six crops of 500 x 375 JPEGs in images per CPU-second, ours against
 * torchvision v2 on PIL (crops_peer.py), in alternating rounds on the same files. CPU time of all threads counts, and not
 * elapsed time, so that another process on the machine disturbs less.
 *
 * The photos are those of the crops fixture, in several cut-outs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import { seerCropPolicy } from '../data/crop-policy.ts';
import { packageRoot } from '../kernels/addon.ts';
import { allocateCrops, makeCrops } from '../kernels/images.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { type Bench, compare, median, report } from './bench.ts';
import { parseResult, runChild } from './child.ts';
import { writePhotos } from './photos.ts';
import { preparePython } from './python.ts';

export interface CropsBenchOptions {
  /** Alternating rounds; the median counts. */
  readonly rounds: number;
  /** Of ours; the peer has one, as a worker of a data loader. */
  readonly threads: number;
}

export const crops: Bench<CropsBenchOptions> = {
  name: 'crops',
  description: 'decoding and cropping photos against torchvision on PIL: images per CPU-second',
  options: [
    new Option('--rounds <count>', 'measurements of each side, in turns; medians count')
      .default(5)
      .argParser(parseCount),
    new Option('--threads <count>', 'of ours').default(1).argParser(parseCount),
  ],
  async run({ rounds, threads }) {
    const { python } = await preparePython({ onProgress: report });
    const folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-bench-crops-'));
    try {
      const files = await writePhotos(folder, numImages);
      await measureOurs(files, threads);
      const [ours, peer]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        ours.push(await measureOurs(files, threads));
        peer.push(await measurePeer(python, files));
        report(`  ours ${ours.at(-1)!.toFixed(1)}, peer ${peer.at(-1)!.toFixed(1)} images per CPU-second`);
      }
      const figures = { ours: median(ours), peer: median(peer), peerName: 'torchvision v2 on PIL' };
      return [compare({ case: 'decode + 6 crops', ...figures, unit: 'images/CPU-s', better: 'more' })];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

const numImages = 48;

async function measureOurs(files: readonly string[], threads: number): Promise<number> {
  const repeats = 8;
  const into = { crops: allocateCrops(seerCropPolicy, files.length), batch: files.length };
  const requests = files.map((image, index) => ({ image, index }));
  const start = process.cpuUsage();
  for (let epoch = 0; epoch < repeats; epoch++) {
    const { failures } = await makeCrops(requests, seerCropPolicy, 1, epoch, threads, { into });
    if (failures.length > 0) throw new Error(`the benchmark's images failed: ${failures[0]!.message}`);
  }
  const { user, system } = process.cpuUsage(start);
  return (files.length * repeats) / ((user + system) / 1e6);
}

async function measurePeer(python: string, files: readonly string[]): Promise<number> {
  const what = 'the torchvision peer';
  const args = [path.join(packageRoot, 'bench', 'crops_peer.py'), ...files];
  const output = await runChild({ what, command: python, args, timeoutSeconds: 600 });
  return parseResult(what, output, z.object({ imagesPerCpuSecond: z.number() })).imagesPerCpuSecond;
}
