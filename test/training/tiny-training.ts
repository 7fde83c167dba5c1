/** Trainings so small that a test can run several: a three-block trunk on 32-pixel crops of generated photos. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readSafetensors } from '../../checkpoints/safetensors.ts';
import { type ConfigInput, loadConfig, type ResolvedConfig } from '../../training/config/config.ts';
import { readMetrics } from '../../training/run/run-folder.ts';
import { type TrainingEvent, type TrainOptions, type TrainResult, train } from '../../training/train.ts';
import { jpeg } from '../data/pictures.ts';

export const TINY = {
  model: {
    architecture: { w0: 16, wa: 16, wm: 1.7, depth: 3, groupWidth: 8 },
    head: [32, 16],
    headBatchNorm: 'hidden',
    prototypes: 20,
  },
  loss: { prototypesFrozenIterations: 2 },
  crops: {
    groups: [
      { count: 2, size: 32, scale: [0.14, 1] },
      { count: 2, size: 16, scale: [0.05, 0.3] },
    ],
  },
  optimizer: { larc: false },
  schedule: { start: 0.05, peak: 0.05, end: 0.01, perImages: null, warmupIterations: 0 },
  training: { batchSize: 8, iterations: 8, precision: 'fp32', threads: 1, seed: 3 },
  data: { loaderThreads: 1, heldOutShare: 0 },
  quality: { everyIterations: null },
} as const satisfies ConfigInput;

/** The tiny configuration with `set` assignments. */
export function tinyConfig(data: string, out: string, ...set: string[]): ResolvedConfig {
  return loadConfig({ values: TINY as unknown as ConfigInput, data, out, set });
}

/** `count` JPEGs; in folders by turns, where folders are given. */
export async function writePhotos(folder: string, count: number, labels: readonly string[] = ['']): Promise<void> {
  for (const label of labels) mkdirSync(path.join(folder, label), { recursive: true });
  for (let i = 0; i < count; i++) {
    const label = labels[i % labels.length]!;
    await writeFile(path.join(folder, label, `photo-${String(i).padStart(2, '0')}.jpg`), await jpeg(40 + i, 50, i));
  }
}

/** A folder for the tests of one file. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'auspex-train-'));
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Trained {
  readonly events: TrainingEvent[];
  readonly result: TrainResult;
}

/** Trains to the end. @param onEvent sees each event before the next is asked for. */
export async function runTraining(
  config: ResolvedConfig,
  options: TrainOptions = {},
  onEvent: (event: TrainingEvent) => unknown = () => undefined,
): Promise<Trained> {
  const events: TrainingEvent[] = [];
  const training = train(config, options);
  for (;;) {
    const next = await training.next();
    if (next.done) return { events, result: next.value };
    events.push(next.value);
    await onEvent(next.value);
  }
}

/** Trains until a step is done, then asks for the end. */
export function stopAfter(step: number, config: ResolvedConfig, options: TrainOptions = {}): Promise<Trained> {
  const abort = new AbortController();
  return runTraining(config, { ...options, signal: abort.signal }, (event) => {
    if (event.kind === 'step' && event.step === step) abort.abort();
  });
}

/** Digests of a checkpoint's tensors by file and name. */
export function tensorDigests(checkpoint: string): Record<string, string> {
  const files = ['trunk', 'head', 'optimizer'].map(
    (file) => [file, path.join(checkpoint, `${file}.safetensors`)] as const,
  );
  return Object.fromEntries(
    files.flatMap(([file, name]) =>
      [...readSafetensors(name)].map(([tensor, { data }]) => [`${file}/${tensor}`, digest(data)]),
    ),
  );
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What must not depend on how often a run was interrupted: the files' bytes, and all of the records but times and speed. */
export function outcome(run: string, checkpoint: string) {
  const bytes = (name: string) => digest(readFileSync(path.join(checkpoint, name)));
  const { state } = JSON.parse(readFileSync(path.join(checkpoint, 'state.json'), 'utf8'));
  const records = readMetrics(run).map((record) => {
    const { time: _, imagesPerSecond: __, dataWaitShare: ___, ...rest } = record as unknown as Record<string, unknown>;
    return rest;
  });
  return {
    trunk: bytes('trunk.safetensors'),
    head: bytes('head.safetensors'),
    optimizer: bytes('optimizer.safetensors'),
    state: { ...state, config: undefined },
    records,
  };
}
