/**
 * `npm run bench -- crops`: decoding plus SwAV's six crops of 500 x 375 JPEGs in images per CPU-second, ours against
 * torchvision v2 on PIL (crops_peer.py), in alternating rounds on the same files. CPU time of all threads counts, and not
 * elapsed time, so that another process on the machine disturbs less.
 *
 * The photos are those of the crops fixture, in several cut-outs.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { seerCropPolicy } from '../data/crop-policy.ts';
import { packageRoot } from '../kernels/addon.ts';
import { allocateCrops, makeCrops } from '../kernels/images.ts';

export interface CropsBenchOptions {
  /** A Python with torchvision and Pillow; without it only ours is measured. */
  readonly python?: string;
  readonly threads?: number;
  /** Alternating rounds; the median counts. @default 5 */
  readonly rounds?: number;
}

/** A row as every benchmark reports it. */
export interface BenchRow {
  readonly case: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string;
  readonly ratio: number | null;
  readonly unit: string;
}

const size = { width: 500, height: 375 };
const numImages = 48;

/** Measures and returns one row, `decode + 6 crops`. */
export async function benchCrops({ python, threads = 1, rounds = 5 }: CropsBenchOptions = {}): Promise<BenchRow[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-bench-crops-'));
  try {
    const files = await writePhotos(folder);
    const ours: number[] = [];
    const peer: number[] = [];
    await measureOurs(files, threads);
    for (let round = 0; round < rounds; round++) {
      ours.push(await measureOurs(files, threads));
      if (python) peer.push(await measurePeer(python, files));
    }
    const [our, their] = [median(ours), python ? median(peer) : null];
    const ratio = their === null ? null : our / their;
    const unit = 'images/CPU-s';
    return [{ case: 'decode + 6 crops', ours: our, peer: their, peerName: 'torchvision v2 on PIL', ratio, unit }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** JPEGs of 500 x 375 at quality 90 from cut-outs of the fixture's photos. */
async function writePhotos(folder: string): Promise<string[]> {
  const fixtures = path.join(packageRoot, 'test', 'fixtures');
  const { scalars } = JSON.parse(await readFile(path.join(fixtures, 'crops.json'), 'utf8'));
  const photos: { file: string; width: number; height: number }[] = scalars.photos;
  const files: string[] = [];
  for (let i = 0; i < numImages; i++) {
    const { file, width, height } = photos[i % photos.length]!;
    const cut = 1 - (i % 8) / 20;
    const area = { left: 0, top: 0, width: Math.floor(width * cut), height: Math.floor(height * cut) };
    const photo = sharp(path.join(fixtures, file))
      .extract(area)
      .resize({ ...size, fit: 'cover' });
    files.push(path.join(folder, `${i}.jpg`));
    await writeFile(files[i]!, await photo.jpeg({ quality: 90 }).toBuffer());
  }
  return files;
}

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
  const script = path.join(packageRoot, 'bench', 'crops_peer.py');
  const { stdout } = await promisify(execFile)(python, [script, ...files]);
  return (JSON.parse(stdout) as { imagesPerCpuSecond: number }).imagesPerCpuSecond;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
