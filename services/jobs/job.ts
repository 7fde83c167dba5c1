/** A job: the one checked type that both forms of a message end in (messages.ts reads them). */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { parseRankRange } from '../../actors/coordinator/world-plan.ts';
import { AuspexError } from '../../errors.ts';
import { parseOptions } from '../../evals/protocol-options.ts';
import { findProtocol } from '../../evals/protocols/registry.ts';
import { assignmentLayer, mergeLayers } from '../../training/config/layers.ts';

/** Also a file name, which "." and ".." are not. */
export const jobId = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 of A-Z a-z 0-9 . _ - and neither "." nor ".."');

const text = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .refine((value) => !value.includes('\0'), 'must not hold a NUL character');
const filePath = text(4096);

const training = z.strictObject({
  kind: z.literal('training'),
  id: jobId,
  preset: text(100).optional(),
  /** A configuration file. */
  config: filePath.optional(),
  /** Folder of images. */
  data: filePath.optional(),
  /** Configuration keys, and their values as YAML. */
  set: z.record(text(200), z.string().max(10_000)).default({}),
  ranks: z
    .string()
    .refine((value) => parseRankRange(value) !== undefined, 'must be a number such as 4, or a range such as 2..4')
    .optional(),
});

export const evaluationOptions = z.strictObject({
  layer: z.enum(['res4', 'res5', 'pool', 'projection']).default('pool'),
  /** Side of the centre view in pixels. */
  size: z.int().min(8).max(4096).default(224),
  /** Images per run of the encoder. */
  batch: z.int().min(1).max(4096).default(32),
  /** kNN only: neighbours that vote; null for the default of `auspex knn`. */
  k: z.int().min(1).max(10_000).optional(),
  /** kNN only. */
  temperature: z.number().positive().optional(),
  /** kNN only: labelled images to search among; without one, every image is looked up among all others. */
  database: filePath.optional(),
});

/** Measured by `auspex embed` and `auspex knn`, on a folder. */
const FOLDER_PROTOCOLS = ['features', 'knn'] as const;

const evaluationFields = {
  kind: z.literal('evaluation'),
  id: jobId,
  /** A run folder, or a checkpoint's folder. */
  checkpoint: filePath,
};

const folderEvaluation = z
  .strictObject({
    ...evaluationFields,
    /** Folder of images. */
    data: filePath,
    protocol: z.enum(FOLDER_PROTOCOLS),
    options: evaluationOptions.prefault({}),
  })
  .superRefine(({ protocol, options }, context) => {
    const report = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: ['options', key], message });
    if (protocol === 'knn' && options.layer.startsWith('res')) report('layer', 'must be pool or projection for knn');
    if (protocol === 'knn') return;
    for (const key of ['k', 'temperature', 'database'] as const) {
      if (options[key] !== undefined) report(key, 'has a meaning for knn only');
    }
  });

/** Measured by `auspex eval`. */
const benchmarkEvaluation = z
  .strictObject({
    ...evaluationFields,
    /** A prepared dataset, or a folder of images in classes. */
    data: filePath,
    /** Of the registry. */
    protocol: text(100),
    /** The protocol's options, and their values as YAML. */
    set: z.record(text(200), z.string().max(10_000)).default({}),
    /** Of a prepared folder. */
    dataset: text(100).optional(),
    untrained: z.boolean().default(false),
  })
  .superRefine(({ protocol, set }, context) => {
    try {
      protocolOptionsOf(protocol, set);
    } catch (error) {
      if (!(error instanceof AuspexError)) throw error;
      const path = error.code === 'UNKNOWN_PROTOCOL' ? ['protocol'] : ['set'];
      context.addIssue({ code: 'custom', path, message: error.message });
    }
  });

const cancellation = z.strictObject({
  kind: z.literal('cancellation'),
  /** Of the cancellation itself; it has no effect. */
  id: jobId.optional(),
  /** The id of the job that is to be given up. */
  job: jobId,
});

export const JOB_KINDS = ['training', 'evaluation', 'cancellation'] as const;

export type TrainingJob = Readonly<z.output<typeof training>>;
export type FolderEvaluation = Readonly<z.output<typeof folderEvaluation>>;
export type BenchmarkEvaluation = Readonly<z.output<typeof benchmarkEvaluation>>;
export type EvaluationJob = FolderEvaluation | BenchmarkEvaluation;
export type Cancellation = Readonly<z.output<typeof cancellation>>;
/** What a process is started for. */
export type Work = TrainingJob | EvaluationJob;
export type Job = Work | Cancellation;

/** What a job has to be, by its kind, and by what an evaluation asks for. */
export function schemaOf(job: Readonly<Record<string, unknown>>): z.ZodType<Job> {
  if (job['kind'] === 'training') return training;
  if (job['kind'] === 'cancellation') return cancellation;
  return isFolderEvaluation(job) ? folderEvaluation : benchmarkEvaluation;
}

/** Whether an evaluation is of a folder, as all were before there were benchmarks: what only these have is not given. */
function isFolderEvaluation({ protocol, set, dataset, untrained }: Readonly<Record<string, unknown>>): boolean {
  const isOfFolder = (FOLDER_PROTOCOLS as readonly unknown[]).includes(protocol);
  return isOfFolder && set === undefined && dataset === undefined && untrained === undefined;
}

export function isBenchmark(job: EvaluationJob): job is BenchmarkEvaluation {
  return 'set' in job;
}

/** What a protocol is asked for, complete. @param set values as YAML @throws EvaluationError, ConfigError */
export function protocolOptionsOf(
  protocol: string,
  set: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const options = parseOptions(findProtocol(protocol), mergeLayers(assignmentsOf(set).map(assignmentLayer)));
  return options as Readonly<Record<string, unknown>>;
}

/** As after `--set`. */
export function assignmentsOf(set: Readonly<Record<string, string>>): string[] {
  return Object.entries(set).map(([key, value]) => `${key}=${value}`);
}

/** The id of the job that a job is about, which is also the message's key. */
export function subjectOf(job: Job): string {
  return job.kind === 'cancellation' ? job.job : job.id;
}

/** SHA-256 in hexadecimal: equal for equal jobs, whichever form they came in. */
export function digestOfJob(job: Work): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(job)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return entries.sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]);
}
