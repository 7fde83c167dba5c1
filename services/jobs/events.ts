/** What happens to jobs, as the topics `job-events` and `evaluation-results` tell it (protos/auspex/v1/jobs.proto). */
import * as z from 'zod';
import { auspex } from '#protos/auspex.js';
import { messageOf } from '../../errors.ts';
import { worseText } from '../../training/evaluations/evaluation-records.ts';

/** Version of the format that is written, and the newest that is read. */
const EVENT_SCHEMA = 1;

const number = z.number().nullish();

export const metricSchema = z.object({
  name: z.string(),
  value: z.number(),
  low: z.number(),
  high: z.number(),
  count: z.number(),
  of: z.record(z.string(), z.string()).default({}),
});

const result = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('training'), out: z.string(), steps: z.number(), loss: number, checkpoint: z.string() }),
  z.object({
    kind: z.literal('features'),
    out: z.string(),
    shape: z.array(z.number()),
    images: z.number(),
    skipped: z.number(),
  }),
  z.object({
    kind: z.literal('knn'),
    accuracy: z.number(),
    low: z.number(),
    high: z.number(),
    images: z.number(),
    classes: z.number(),
    k: z.number(),
    skipped: z.number(),
  }),
  z.object({
    kind: z.literal('metrics'),
    protocol: z.string(),
    out: z.string(),
    metrics: z.array(metricSchema),
    images: z.number(),
    classes: z.number(),
    skipped: z.number(),
  }),
]);

const detail = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('accepted'),
    work: z.string(),
    digest: z.string(),
    source: z.string(),
    parent: z.string().nullish(),
  }),
  z.object({ kind: z.literal('queued'), position: z.number() }),
  z.object({ kind: z.literal('started'), attempt: z.number(), resumed: z.boolean() }),
  z.object({
    kind: z.literal('progress'),
    step: z.number(),
    total: z.number(),
    loss: number,
    imagesPerSecond: number,
  }),
  z.object({ kind: z.literal('checkpoint'), step: z.number(), path: z.string() }),
  z.object({ kind: z.literal('succeeded'), result }),
  z.object({
    kind: z.literal('failed'),
    code: z.string(),
    message: z.string(),
    willRetry: z.boolean(),
    retryAt: z.string(),
  }),
  z.object({ kind: z.literal('retrying'), attempt: z.number() }),
  z.object({ kind: z.literal('cancelled') }),
  z.object({ kind: z.literal('rejected'), code: z.string(), message: z.string(), source: z.string() }),
  z.object({
    kind: z.literal('worse'),
    name: z.string(),
    step: z.number(),
    metric: z.string(),
    of: z.record(z.string(), z.string()),
    value: z.number(),
    bestValue: z.number(),
    bestStep: z.number(),
    bound: z.number(),
  }),
]);

const jobEvent = z.intersection(detail, z.object({ job: z.string(), sequence: z.number(), time: z.string() }));

export type WorseEvent = Extract<JobEvent, { readonly kind: 'worse' }>;

/** A sentence about what got worse. */
export function describeWorse({ bestStep: step, bestValue: value, ...event }: Omit<WorseEvent, 'kind'>): string {
  return worseText({ ...event, best: { step, value } });
}

/** What a job has made. */
export type Result = Readonly<z.output<typeof result>>;
/** What happened, without when and to which job. */
export type EventDetail = Readonly<z.output<typeof detail>>;
export type JobEvent = Readonly<z.output<typeof jobEvent>>;

export interface EvaluationResult {
  readonly job: string;
  readonly checkpoint: string;
  readonly data: string;
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly result: Result;
}

export function encodeEvent(event: JobEvent): Uint8Array {
  return auspex.v1.JobEvent.encode(propertiesOfEvent(event)).finish();
}

/** As the protocol has it. */
export function propertiesOfEvent({ job, sequence, time, ...event }: JobEvent): auspex.v1.JobEvent.$Properties {
  const { kind, ...fields } = event;
  const inner = event.kind === 'succeeded' ? { result: propertiesOfResult(event.result) } : fields;
  return { schema: EVENT_SCHEMA, job, sequence, time, [kind]: inner };
}

/** @returns the event, or why the body is none */
export function decodeEvent(value: Uint8Array): JobEvent | { readonly problem: string } {
  try {
    const message = auspex.v1.JobEvent.decode(value);
    const { schema, job, sequence, time, event: kind } = message;
    if (schema !== EVENT_SCHEMA) return { problem: `schema ${schema}; this Auspex knows ${EVENT_SCHEMA}` };
    if (kind === undefined) return { problem: 'an event of a kind that is not known here' };
    const inner =
      kind === 'succeeded' ? { result: resultOf(message.succeeded?.result) } : fieldsOf(message[kind] ?? {});
    return jobEvent.parse({ ...inner, kind, job, sequence, time });
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

export function encodeResult(result: EvaluationResult): Uint8Array {
  return auspex.v1.EvaluationResult.encode(propertiesOfEvaluation(result)).finish();
}

/** As the protocol has it. */
export function propertiesOfEvaluation({
  result,
  ...fields
}: EvaluationResult): auspex.v1.EvaluationResult.$Properties {
  return { schema: EVENT_SCHEMA, ...fields, result: propertiesOfResult(result) };
}

/** @throws Error where it is none */
export function decodeResult(value: Uint8Array): EvaluationResult {
  const { schema, job, checkpoint, data, time, result: found } = auspex.v1.EvaluationResult.decode(value);
  if (schema !== EVENT_SCHEMA)
    throw new Error(`An evaluation's result has schema ${schema}; this Auspex knows ${EVENT_SCHEMA}.`);
  return { job, checkpoint, data, time, result: result.parse(resultOf(found)) };
}

/** As the protocol has it. */
export function propertiesOfResult({ kind, ...fields }: Result): auspex.v1.Result.$Properties {
  return { [kind]: fields };
}

function resultOf(found: auspex.v1.Result.$Properties | null | undefined): unknown {
  for (const kind of ['training', 'features', 'knn', 'metrics'] as const) {
    const fields = found?.[kind];
    if (fields) return { ...fieldsOf(fields), kind };
  }
  return undefined;
}

/** Fields that have their default are not in the object itself, but in its prototype. */
function fieldsOf(message: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name in message) fields[name] = Reflect.get(message, name);
  return fields;
}
