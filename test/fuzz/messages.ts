/** Mutated messages of every topic, and headers of files, through what reads them: it says what is wrong, and never fails otherwise. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeSafetensors } from '../../checkpoints/safetensors.ts';
import { readHeader } from '../../checkpoints/safetensors-header.ts';
import { decodeImage, encodeImage } from '../../data/topics/image-message.ts';
import { AuspexError } from '../../errors.ts';
import { decodeEvent, encodeEvent } from '../../services/jobs/events.ts';
import { decodeJob, encodeJob, isBadJob, keyOf, parseJob } from '../../services/jobs/messages.ts';
import { uniform } from '../random.ts';
import { type Growth, GrowthMeter } from './memory.ts';
import { mutate } from './mutate.ts';

export interface MessagesReport {
  /** How many were still understood, of each kind. */
  readonly understood: Readonly<Record<string, number>>;
  readonly growth: Growth;
}

interface Target {
  readonly corpus: readonly Uint8Array[];
  /** @returns whether it was understood. @throws only what is a fault of ours */
  read(bytes: Uint8Array): boolean;
}

const JOBS = [
  { kind: 'training', id: 'a', preset: 'tiny', data: '/data', set: { 'training.batchSize': '8' }, ranks: '2' },
  { kind: 'evaluation', id: 'b', checkpoint: '/run', data: '/data', protocol: 'knn', options: { k: 5 } },
  { kind: 'cancellation', job: 'c' },
];

async function targets(folder: string): Promise<Record<string, Target>> {
  const jobs = JOBS.map((job) => {
    const parsed = parseJob(job, undefined);
    if (isBadJob(parsed)) throw new Error(parsed.message);
    return parsed;
  });
  const common = { job: 'a', time: '2026-01-01T00:00:00.000Z' };
  const result = { kind: 'knn', accuracy: 0.5, low: 0.4, high: 0.6, images: 9, classes: 2, k: 3, skipped: 0 } as const;
  const file = path.join(folder, 'good.safetensors');
  const data = new Uint8Array(64);
  await writeSafetensors(file, new Map([['one', { dtype: 'F32', shape: [4, 4], data }]]), { names: '["a"]' });
  const candidate = path.join(folder, 'candidate.safetensors');
  return {
    jobs: {
      corpus: [...jobs.map(encodeJob), ...JOBS.map((job) => Buffer.from(JSON.stringify({ schema: 1, ...job })))],
      read: (value) => !isBadJob(decodeJob({ key: keyOf('a'), value, headers: {} })),
    },
    events: {
      corpus: [
        encodeEvent({ ...common, sequence: 1, kind: 'accepted', work: 'training', digest: 'd', source: 'jobs:0:0' }),
        encodeEvent({ ...common, sequence: 2, kind: 'progress', step: 1, total: 2, loss: 1.5, imagesPerSecond: 3 }),
        encodeEvent({ ...common, sequence: 3, kind: 'succeeded', result }),
      ],
      read: (value) => !('problem' in decodeEvent(value)),
    },
    images: {
      corpus: [
        encodeImage({
          name: 'a',
          sha256: new Uint8Array(32),
          content: { inline: new Uint8Array(50) },
          labels: { class: 'x' },
        }),
      ],
      read: (value) => !('code' in decodeImage(value)),
    },
    safetensors: {
      corpus: [readFileSync(file)],
      read(bytes) {
        writeFileSync(candidate, bytes);
        try {
          readHeader(candidate);
          return true;
        } catch (error) {
          if (error instanceof AuspexError) return false;
          throw error;
        }
      },
    },
  };
}

/** @param count of all kinds together */
export async function fuzzMessages(count: number, seed: number): Promise<MessagesReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-fuzz-'));
  try {
    const all = Object.entries(await targets(folder));
    const random = uniform(seed);
    const meter = new GrowthMeter('self');
    const understood: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const [name, { corpus, read }] = all[i % all.length]!;
      const bytes = mutate(corpus, random);
      try {
        if (read(bytes)) understood[name] = (understood[name] ?? 0) + 1;
      } catch (cause) {
        throw new Error(`${name}, number ${i} of seed ${seed}: ${Buffer.from(bytes).toString('base64')}`, { cause });
      }
      meter.look(i / count);
    }
    return { understood, growth: meter.growth() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
