/** What the output of a command that works on a job means: its JSON lines, its last words, and how it ended. */
import path from 'node:path';
import * as z from 'zod';
import { RESULT_FILE } from '../../evals/result.ts';
import { worseFigure } from '../../training/evaluations/evaluation-records.ts';
import { type EventDetail, metricSchema, type Result } from './events.ts';
import { isBenchmark, type Work } from './job.ts';
import type { Ending } from './queue.ts';
import { type TrainingLine, trainingLine } from './training-line.ts';

/** Characters of an error's message that are kept. */
const LONGEST_MESSAGE = 2000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last line of standard output. */
  readonly lastLine: string;
  /** The end of standard error. */
  readonly errors: string;
}

const worse = z.object({ event: z.literal('worse'), ...worseFigure.shape });

const line = z.union([
  trainingLine,
  worse,
  z.object({ event: z.literal('progress'), done: z.number(), total: z.number() }),
  z.object({ event: z.literal('warning'), message: z.string() }),
]);

const trained = z.object({
  status: z.enum(['finished', 'stopped']),
  out: z.string(),
  steps: z.number(),
  loss: z.number().nullable(),
  checkpoint: z.string().nullable(),
});
const embedded = z.object({
  out: z.string(),
  shape: z.array(z.number()),
  images: z.number(),
  skipped: z.array(z.unknown()),
});
const classified = z.object({
  accuracy: z.object({ value: z.number(), low: z.number(), high: z.number() }),
  images: z.number(),
  classes: z.number(),
  k: z.number(),
  skipped: z.array(z.unknown()),
});

const benchmarked = z.object({
  protocol: z.string(),
  out: z.string(),
  metrics: z.array(metricSchema),
  data: z.object({
    classes: z.number(),
    images: z.record(z.string(), z.number()),
    skipped: z.array(z.unknown()),
  }),
});

export type ChildEvent =
  | Extract<EventDetail, { readonly kind: 'progress' | 'checkpoint' | 'worse' }>
  | { readonly kind: 'warning'; readonly message: string };

/** Reads the lines of one command, in which steps do not say how many there will be. */
export class ChildLines {
  readonly #onTraining: (line: TrainingLine) => void;
  #total = 0;

  /** @param onTraining is told all that a training says, also what is no event of a job */
  constructor(onTraining: (line: TrainingLine) => void = () => undefined) {
    this.#onTraining = onTraining;
  }

  /** @returns what a line tells; undefined for lines that tell nothing of interest */
  read(text: string): ChildEvent | undefined {
    const parsed = line.safeParse(parseJson(text));
    if (!parsed.success) return undefined;
    const event = parsed.data;
    if (event.event !== 'progress' && event.event !== 'warning' && event.event !== 'worse') this.#onTraining(event);
    switch (event.event) {
      case 'start':
        this.#total = event.total;
        return { kind: 'progress', step: event.step, total: event.total };
      case 'step':
        return {
          kind: 'progress',
          step: event.step,
          total: this.#total,
          loss: event.loss,
          imagesPerSecond: event.imagesPerSecond,
        };
      case 'progress':
        return { kind: 'progress', step: event.done, total: event.total };
      case 'checkpoint':
        return { kind: 'checkpoint', step: event.step, path: event.path };
      case 'warning':
        return { kind: 'warning', message: event.message };
      case 'worse': {
        const { event: kind, best, ...fields } = event;
        return { kind, ...fields, bestStep: best.step, bestValue: best.value };
      }
      default:
        return undefined;
    }
  }
}

/** How a command that worked on a job ended. */
export function endingOf(work: Work, { code, signal, lastLine, errors }: Exit): Ending {
  const failed = (code: string, message: string): Ending => ({
    kind: 'failed',
    code,
    message: message.slice(0, LONGEST_MESSAGE),
  });
  if (signal !== null) return failed('CHILD_KILLED', `The process was ended by ${signal}.`);
  if (code !== 0) {
    const told = [...errors.matchAll(/^error ([A-Z_]+): (.*)$/gm)].at(-1);
    if (told) return failed(told[1]!, told[2]!);
    const last = errors.trim().split('\n').slice(-3).join(' ').slice(-LONGEST_MESSAGE);
    return failed('CHILD_CRASHED', `The process ended with exit code ${code}${last === '' ? '' : `: ${last}`}`);
  }
  const found = parseJson(lastLine);
  const stopped = trained.safeParse(found).data?.status === 'stopped';
  if (stopped) return failed('CHILD_STOPPED', 'The process was asked to end before its work was done.');
  const result = resultOf(work, found);
  if (result) return { kind: 'finished', result };
  return failed('CHILD_CRASHED', 'The process ended without a result.');
}

function resultOf(work: Work, found: unknown): Result | undefined {
  if (work.kind === 'training') {
    const { data } = trained.safeParse(found);
    return (
      data && { kind: 'training', out: data.out, steps: data.steps, loss: data.loss, checkpoint: data.checkpoint ?? '' }
    );
  }
  if (isBenchmark(work)) return metricsOf(found);
  if (work.protocol === 'features') {
    const { data } = embedded.safeParse(found);
    return data && { kind: 'features', ...data, skipped: data.skipped.length };
  }
  const { data } = classified.safeParse(found);
  if (!data) return undefined;
  const { accuracy, skipped, ...counts } = data;
  return {
    kind: 'knn',
    accuracy: accuracy.value,
    low: accuracy.low,
    high: accuracy.high,
    ...counts,
    skipped: skipped.length,
  };
}

function metricsOf(found: unknown): Result | undefined {
  const { data } = benchmarked.safeParse(found);
  if (!data) return undefined;
  const { protocol, metrics, data: of } = data;
  const out = path.join(data.out, RESULT_FILE);
  const images = Object.values(of.images).reduce((sum, count) => sum + count, 0);
  return { kind: 'metrics', protocol, out, metrics, images, classes: of.classes, skipped: of.skipped.length };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a line that is no JSON says nothing
  }
}
