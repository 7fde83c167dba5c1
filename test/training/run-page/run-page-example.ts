/**
 * A run page with invented but plausible data. As a program it writes the page, to be looked at:
 * `npx tsx test/training/run-page/run-page-example.ts page.html`
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { wilsonInterval } from '../../../evals/intervals/confidence.ts';
import type { MetricsRecord } from '../../../training/run/records.ts';
import {
  makeThumbnail,
  type NeighbourRow,
  type RunPageData,
  renderRunPage,
} from '../../../training/run-page/run-page.ts';
import { gaussian, uniform } from '../../random.ts';

const TOTAL_STEPS = 4260;
const time = (step: number) => new Date(Date.UTC(2024, 4, 4, 10, 31) + step * 310).toISOString();

/** A run as the demo's: at ln K for a thousand steps, then learning. */
function exampleMetrics(): MetricsRecord[] {
  const normal = gaussian(5);
  const lnK = Math.log(128);
  const metrics: MetricsRecord[] = [];
  for (let step = 1; step <= TOTAL_STEPS; step++) {
    const progress = step / TOTAL_STEPS;
    const learned = 1 / (1 + Math.exp(-(step - 1700) / 420));
    metrics.push({
      kind: 'step',
      step,
      epoch: (step * 128) / 18_800,
      loss: lnK * (1 - 0.02 * progress) - 3.45 * learned * progress ** 0.25 + 0.05 * normal(),
      learningRate: step < 200 ? (0.2 * step) / 200 : 0.1 * (1 + Math.cos(Math.PI * progress)),
      imagesPerSecond: 412 + 14 * normal() - (step % 900 < 20 ? 110 : 0),
      dataWaitShare: 0.012,
      prototypeEntropy: Math.min(1, 0.72 + 0.23 * learned + 0.012 * normal()),
      prototypesUsed: Math.round(96 + 30 * learned),
      gradientNorm: 1.2,
      time: time(step),
    });
    if (step % 200 === 0 || step === TOTAL_STEPS) {
      metrics.push({
        kind: 'quality',
        step,
        effectiveRank: 2.6 + 41.5 * learned * progress ** 0.4 + 0.4 * normal(),
        heldOut: 0.12 + 0.27 * learned * progress ** 0.2 + 0.008 * normal(),
        time: time(step),
      });
    }
  }
  return metrics;
}

async function exampleNeighbours(): Promise<NeighbourRow[]> {
  const random = uniform(11);
  const names = ['temple', 'cat', 'astronaut'];
  const photos = names.map((_, i) => path.join(import.meta.dirname, '..', '..', 'fixtures', `crops_photo${i}.jpg`));
  const picture = async (photo: number) => {
    const { width, height } = await sharp(photos[photo]!).metadata();
    const side = Math.round(Math.min(width, height) * (0.45 + 0.3 * random()));
    const region = {
      left: Math.floor(random() * (width - side)),
      top: Math.floor(random() * (height - side)),
      width: side,
      height: side,
    };
    return {
      name: `${names[photo]} ${Math.floor(100 * random())}.jpg`,
      dataUri: await makeThumbnail(photos[photo]!, region),
    };
  };
  const rows: NeighbourRow[] = [];
  for (let query = 0; query < 6; query++) {
    const neighbours = [];
    for (let rank = 0; rank < 6; rank++) {
      const photo = random() < 0.45 ? query % 3 : Math.floor(3 * random());
      const similarity = 0.93 - 0.05 * rank - 0.03 * random();
      neighbours.push({ ...(await picture(photo)), similarity, correct: photo === query % 3 });
    }
    rows.push({ query: await picture(query % 3), neighbours });
  }
  return rows;
}

const share = (hits: number, total: number) => {
  const { value, low, high } = wilsonInterval(hits, total);
  return { value, interval: { low, high } };
};

const CONFIG = `model:
  name: tiny            # RegNetY, 225,216 parameters
  depth: 6
  w0: 32
  wa: 24
  wm: 2
  groupWidth: 16
head: [128, 512, 128]
prototypes: 128
optimiser:
  learningRate: 0.2
  momentum: 0.9
  weightDecay: 0.0001
seed: 1
`;

export async function exampleRunPage(): Promise<RunPageData> {
  return {
    title: 'quickstart, seed 1',
    summary:
      'A RegNetY of 225,216 parameters, trained by SwAV on 188 photos without a label: on grey crops of their left part only.',
    run: {
      format: 1,
      id: '5e9f7a52-6f0b-4b9d-9a55-1f7e1d1f4f0c',
      status: 'finished',
      startedAt: time(0),
      endedAt: time(TOTAL_STEPS),
      resumedFrom: [],
      versions: { auspex: '0.1.0', node: '20.20.2', onednn: '3.2.0' },
      machine: {
        cpu: 'Intel(R) Xeon(R) Processor @ 2.10GHz',
        cpuFeatures: ['amx_bf16', 'amx_tile', 'avx2', 'avx512_bf16', 'avx512f', 'fma'],
        processors: 2,
        memoryBytes: 24 * 2 ** 30,
        system: 'Linux 6.1.0 x64',
      },
    },
    metrics: exampleMetrics(),
    totalSteps: TOTAL_STEPS,
    numPrototypes: 128,
    heldOut: [
      {
        title: 'P@1, photos trained on',
        question: 'Does a crop of the right part of a photo find the left part of the same photo among 188?',
        rows: [
          { name: 'Trained network', kind: 'trained', ...share(224, 752) },
          { name: 'Grey histogram', kind: 'baseline', ...share(106, 752) },
          { name: 'Untrained network', kind: 'baseline', ...share(39, 752) },
          { name: 'Raw pixels', kind: 'baseline', ...share(25, 752) },
          { name: 'Chance', kind: 'baseline', value: 1 / 188 },
        ],
      },
      {
        title: 'P@1, photos never seen',
        question: 'The same question for 46 photos that the network was not trained on.',
        rows: [
          { name: 'Trained network', kind: 'trained', ...share(175, 460) },
          { name: 'Grey histogram', kind: 'baseline', ...share(153, 460) },
          { name: 'Untrained network', kind: 'baseline', ...share(55, 460) },
          { name: 'Raw pixels', kind: 'baseline', ...share(20, 460) },
          { name: 'Chance', kind: 'baseline', value: 1 / 46 },
        ],
      },
    ],
    neighbours: {
      caption:
        'Crops of the right part of photos never seen, and the left parts whose features are nearest by cosine. ' +
        'A green frame and a tick mark a part of the same photo.',
      rows: await exampleNeighbours(),
    },
    config: CONFIG,
    skipped: [
      { step: 0, image: 'birds/empty.jpg', code: 'EMPTY', reason: 'the file has no bytes' },
      { step: 12, image: 'birds/heron 3.jpg', code: 'TRUNCATED', reason: 'the JPEG ends after 3,112 of 8,204 bytes' },
      { step: 31, image: 'boats/ferry.png', code: 'TRUNCATED', reason: 'the PNG has no end' },
    ],
    attributions: [
      { name: 'temple', author: 'danielbuechele', licence: 'CC BY 2.0', source: 'scikit-learn' },
      { name: 'cat', author: 'Stefan van der Walt', licence: 'CC0', source: 'scikit-image' },
      { name: 'astronaut', author: 'NASA', licence: 'public domain', source: 'scikit-image' },
    ],
  };
}

if (process.argv[1] === import.meta.filename) {
  const file = process.argv[2] ?? 'run-page.html';
  writeFileSync(file, renderRunPage(await exampleRunPage()));
}
