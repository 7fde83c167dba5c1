/**
 * Results with invented figures, to test reports with and to look at.
 *
 *     npx tsx test/report/made-up-results.ts FOLDER
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import type { Examples } from '../../evals/report/examples.ts';
import { sizesOf } from '../../evals/report/paper/datasets.ts';
import type { PaperColumn } from '../../evals/report/paper/paper-table.ts';
import { PAPER_TABLES } from '../../evals/report/paper/tables.ts';
import type { StoredResult } from '../../evals/report/read-results.ts';

export type Changes = Partial<Omit<StoredResult, 'checkpoint' | 'data' | 'metrics'>> & {
  readonly checkpoint?: Partial<StoredResult['checkpoint']>;
  readonly data?: Partial<StoredResult['data']>;
  readonly metrics?: StoredResult['metrics'];
};

export const metric = (name: string, value: number, count: number): StoredResult['metrics'][number] => ({
  ...{ name, value, count },
  low: Math.max(0, value - 1 / Math.sqrt(count)),
  high: Math.min(1, value + 1 / Math.sqrt(count)),
});

/** A linear probe on the whole of DTD, with changes. */
export function madeUpResult(changes: Changes = {}): StoredResult {
  return {
    formatVersion: 1,
    protocol: 'linear-probe',
    source: 'Sec. 4.2.5, Tables 11 and 17',
    options: { layers: ['pool'], size: 224, epochs: 28, learningRate: 0.01, milestones: [8, 16, 24] },
    files: {},
    seconds: 421.5,
    time: '2026-11-20T10:15:00.000Z',
    versions: { auspex: '0.1.0', node: '20.20.2' },
    ...changes,
    checkpoint: {
      path: '/runs/trained/checkpoints/step-00002000',
      step: 2000,
      digest: 'a1'.repeat(32),
      architecture: 'seer-8gf',
      parameters: 37_163_068,
      ...changes.checkpoint,
    },
    data: {
      name: 'dtd',
      folder: '/data/dtd',
      classes: 47,
      images: { train: 1880, test: 1880 },
      skipped: [],
      digest: `${changes.data?.folder ?? 'dtd'} ${changes.data?.name ?? ''}`.padEnd(64, '0'),
      ...changes.data,
    },
    metrics: changes.metrics ?? [metric('top1', 0.612, 1880)],
  };
}

export function writeResult(folder: string, result: unknown): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'result.json');
  writeFileSync(file, JSON.stringify(result));
  return file;
}

/** The trained network, and the same one untrained. */
export const TWINS = [
  { name: 'trained', lift: 0.2, checkpoint: {} },
  { name: 'untrained', lift: 0, checkpoint: { untrained: true } },
] as const;

/** Every benchmark of the paper on all of its images, and three on others, for both of the {@link TWINS}. */
export async function writeMadeUpResults(folder: string): Promise<void> {
  // Results by group are in made-up-groups.ts.
  const columns = PAPER_TABLES.flatMap((table) => table.columns).filter(
    ({ of, between }) => !between && !of?.['attribute'],
  );
  const benchmarks = new Map<string, PaperColumn[]>();
  for (const column of columns) {
    const key = `${column.protocol}-${column.dataset}-${column.options?.['share'] ?? ''}`;
    benchmarks.set(key, [...(benchmarks.get(key) ?? []), column]);
  }
  for (const { name, lift, checkpoint } of TWINS) {
    for (const [i, [key, columns]] of [...benchmarks].entries()) {
      const [{ protocol, dataset, options }] = columns as [PaperColumn, ...PaperColumn[]];
      const sizes = sizesOf(dataset);
      const [train, test] = [sizes.train?.all[0] ?? 50_000, sizes.test?.all[0] ?? 157];
      const searched = sizes.searched?.all[0];
      const value = 0.3 + ((i * 37) % 40) / 100 + lift * (0.2 + ((i * 53) % 60) / 60);
      const data = {
        name: dataset,
        folder: `/data/${dataset}`,
        images: { train, test, ...(searched && { val: searched }) },
      };
      const result = madeUpResult({
        protocol,
        checkpoint,
        data,
        metrics: [
          ...columns.map(({ metrics = ['top1'], of }) => ({ ...metric(metrics[0]!, value, test), of })),
          metric('top5', Math.min(1, value + 0.2), test),
        ],
      });
      writeResult(path.join(folder, name, key), { ...result, options: { ...result.options, ...options } });
    }
    const photos = { name: 'folder', folder: '/photos/birds', classes: 3, images: { train: 192, test: 64 } };
    const examples = await writeExamples(path.join(folder, name, 'knn-folder'), lift > 0);
    const knn = { protocol: 'knn', source: 'not in the paper', checkpoint, data: photos, files: { examples } };
    writeResult(
      path.join(folder, name, 'knn-folder'),
      madeUpResult({ ...knn, metrics: [metric('top1', 0.4 + lift, 64)] }),
    );
    const queries = await writeQueries(path.join(folder, name, 'copies'), path.join(folder, 'photos'), lift > 0);
    writeResult(
      path.join(folder, name, 'copies'),
      madeUpResult({
        protocol: 'copy-detection',
        checkpoint,
        data: { ...photos, folder: path.join(folder, 'photos') },
        files: { queries },
        metrics: [
          {
            ...metric('mAP', 0.5 + lift, 64),
            of: { layer: 'res4', pooling: 'rmac', whitening: 'on', block: 'strong' },
          },
        ],
      }),
    );
    writeResult(
      path.join(folder, name, 'digits'),
      madeUpResult({
        checkpoint,
        data: { name: 'mnist', folder: '/data/digits', images: { train: 1000, test: 500 } },
        options: { epochs: lift > 0 ? 28 : 5 },
        metrics: [metric('top1', 0.7 + lift, 500)],
      }),
    );
  }
}

const PHOTOS = [0, 1, 2].map((i) => path.join(import.meta.dirname, '..', 'fixtures', `crops_photo${i}.jpg`));
const CLASSES = ['temple', 'cat', 'astronaut'];

async function writeExamples(folder: string, isGood: boolean): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const examples: Examples['examples'] = [];
  for (let i = 0; i < 7; i++) {
    const image = i === 6 ? 'gone.jpg' : `${i}.jpg`;
    if (i < 6) await crop(PHOTOS[i % 3]!, i).toFile(path.join(folder, image));
    const truth = CLASSES[i % 3]!;
    const predicted = isGood || i % 2 === 0 ? truth : CLASSES[(i + 1) % 3]!;
    examples.push({ name: `birds/${i}.jpg`, image, truth, predicted, right: predicted === truth });
  }
  return write(folder, {
    formatVersion: 1,
    caption: 'Held-out images and the class that neighbours vote for.',
    examples,
  });
}

/** As copy detection keeps it: of every query, where its original was. */
async function writeQueries(folder: string, photos: string, isGood: boolean): Promise<string> {
  for (const made of [folder, photos]) mkdirSync(made, { recursive: true });
  const queries = [];
  for (const [i, photo] of PHOTOS.entries()) {
    await crop(photo, i)
      .blur(2)
      .toFile(path.join(photos, `query-${i}.jpg`));
    const nearestWrong = { image: PHOTOS[(i + 1) % 3]!, similarity: 0.81 };
    queries.push({
      query: `query-${i}.jpg`,
      original: photo,
      rank: isGood ? 1 : 2,
      similarity: isGood ? 0.9 : 0.7,
      nearestWrong,
    });
  }
  writeFileSync(
    path.join(folder, 'queries.json'),
    JSON.stringify({ formatVersion: 1, methods: [{ layer: 'res4', queries }] }),
  );
  return 'queries.json';
}

const crop = (photo: string, i: number) =>
  sharp(photo)
    .resize(260, 260)
    .extract({ left: 10 * i, top: 8 * i, width: 180, height: 180 });

function write(folder: string, examples: Examples): string {
  writeFileSync(path.join(folder, 'examples.json'), JSON.stringify(examples));
  return 'examples.json';
}

if (process.argv[1] === import.meta.filename) await writeMadeUpResults(path.resolve(process.argv[2] ?? 'made-up'));
