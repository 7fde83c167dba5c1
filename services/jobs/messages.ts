/**
 * The bodies of messages in `jobs` and `evaluation-requests`: protobuf (protos/auspex/v1/jobs.proto), or JSON where the body
 * begins with `{` or a header says so. Both end in one checked type.
 *
 *     body ──▶ JSON ──────────────────▶┐
 *          └─▶ protobuf ─▶ the same ──▶┴─▶ zod ──▶ Job, or why it is none
 */
import * as z from 'zod';
import { auspex } from '#protos/auspex.js';
import type { Message } from '../../data/topics/topic-reading.ts';
import { messageOf } from '../../errors.ts';
import type { RejectionCode } from './errors.ts';
import { type EvaluationJob, isBenchmark, JOB_KINDS, type Job, jobId, schemaOf, subjectOf } from './job.ts';

/** Version of the format that is written, and the newest that is read. */
export const JOB_SCHEMA = 1;
/** Bytes of a body; a job is small, and what is larger is a mistake. */
export const MAXIMUM_BODY_BYTES = 256 * 1024;

/** A message that is no job. */
export interface BadJob {
  readonly code: RejectionCode;
  readonly message: string;
  /** The job that it seems to be about, where that is known. */
  readonly id?: string;
}

export function isBadJob(job: Job | BadJob): job is BadJob {
  return 'code' in job;
}

export type JobMessage = Pick<Message, 'key' | 'value' | 'headers'>;

/** The key of a job's message. */
export function keyOf(id: string): Uint8Array {
  return new Uint8Array(Buffer.from(id));
}

export function encodeJob(job: Job): Uint8Array {
  const { kind, id, ...fields } = job;
  const work = job.kind === 'evaluation' ? propertiesOfEvaluation(job) : fields;
  return auspex.v1.Job.encode({ schema: JOB_SCHEMA, id, [kind]: work }).finish();
}

/** What only benchmarks have is in a message of its own, so that it can be there and empty. */
function propertiesOfEvaluation(job: EvaluationJob): auspex.v1.Evaluation.$Properties {
  const { checkpoint, data, protocol } = job;
  if (!isBenchmark(job)) return { checkpoint, data, protocol, options: job.options };
  const { set, dataset, untrained } = job;
  return { checkpoint, data, protocol, benchmark: { set, dataset, untrained } };
}

/** Never throws: what is wrong with a message is its reader's to tell. */
export function decodeJob(message: JobMessage): Job | BadJob {
  const named = idOfKey(message.key);
  try {
    return decode(message, named);
  } catch (error) {
    // Such as lists within lists, deeper than the stack reaches.
    const text = `The job cannot be read: ${messageOf(error)}.`;
    return { code: 'INVALID_JOB', message: text, ...(named && { id: named }) };
  }
}

function decode({ key, value, headers }: JobMessage, named: string | undefined): Job | BadJob {
  const bad = (code: RejectionCode, message: string, id = named): BadJob => ({ code, message, ...(id && { id }) });
  if (value.byteLength === 0) return bad('EMPTY_BODY', 'The message has no body.');
  if (value.byteLength > MAXIMUM_BODY_BYTES) {
    return bad('BODY_TOO_LARGE', `The body has ${value.byteLength} bytes; ${MAXIMUM_BODY_BYTES} are allowed.`);
  }
  let read: ReturnType<typeof fromProtobuf>;
  try {
    read = isJson(value, headers) ? fromJson(value) : fromProtobuf(value);
  } catch (error) {
    return bad('NOT_A_JOB', `The body is neither a job in protobuf nor JSON: ${messageOf(error)}.`);
  }
  const { schema, job } = read;
  if (schema !== JOB_SCHEMA) {
    const found = schema === undefined ? 'no field schema' : `schema ${shown(schema)}`;
    return bad('UNKNOWN_JOB_SCHEMA', `The job has ${found}; this Auspex knows ${JOB_SCHEMA}.`);
  }
  const id = z.object({ id: jobId }).safeParse(job).data?.id ?? named;
  if (!JOB_KINDS.some((kind) => kind === job['kind'])) {
    return bad('UNKNOWN_KIND', `The job's kind is ${shown(job['kind'])}; possible are ${JOB_KINDS.join(', ')}.`, id);
  }
  const parsed = schemaOf(job).safeParse(job);
  if (!parsed.success) return bad('INVALID_JOB', `The job is not valid: ${problemsOf(parsed.error)}.`, id);
  const expected = [subjectOf(parsed.data), parsed.data.id];
  if (named === undefined || !expected.includes(named)) {
    const found = key === null ? 'no key' : `key ${JSON.stringify(Buffer.from(key).toString().slice(0, 100))}`;
    return bad('WRONG_KEY', `The message has ${found}; it has to be the job's id, ${expected[0]}.`, expected[0]);
  }
  return parsed.data;
}

/** A job from a person's file, in which `schema` may be missing. @param id takes the place of the file's own */
export function parseJob(value: unknown, id: string | undefined): Job | BadJob {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { code: 'NOT_A_JOB', message: 'A job is a mapping of keys to values, with at least kind.' };
  }
  const input = { schema: JOB_SCHEMA, ...value, ...(id !== undefined && { id }) };
  const about =
    z.object({ job: z.string() }).safeParse(input).data?.job ?? z.object({ id: z.string() }).safeParse(input).data?.id;
  const headers = { 'content-type': 'application/json' };
  return decodeJob({ key: keyOf(about ?? ''), value: new Uint8Array(Buffer.from(JSON.stringify(input))), headers });
}

function idOfKey(key: Uint8Array | null): string | undefined {
  return key === null ? undefined : jobId.safeParse(Buffer.from(key).toString()).data;
}

function isJson(value: Uint8Array, headers: Readonly<Record<string, string>>): boolean {
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return value[0] === 0x7b || /^\s*application\/json\s*(;|$)/i.test(type ?? '');
}

interface Read {
  readonly schema: unknown;
  readonly job: Readonly<Record<string, unknown>>;
}

function fromJson(value: Uint8Array): Read {
  const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value));
  const { schema, ...job } = z.record(z.string(), z.unknown()).parse(parsed);
  const { set, ranks } = job;
  return {
    schema,
    job: {
      ...job,
      // A value is YAML, which JSON is too; a text stands for itself, as after --set.
      ...(isMapping(set) && {
        set: mapValues(set, (value) => (typeof value === 'string' ? value : JSON.stringify(value))),
      }),
      ...(typeof ranks === 'number' && { ranks: String(ranks) }),
    },
  };
}

/** A text that is empty in protobuf was not given. */
function fromProtobuf(value: Uint8Array): Read {
  const { schema, id, work, training, evaluation, cancellation } = auspex.v1.Job.decode(value);
  if (schema === 0) throw new Error('it has no schema version');
  const common = { kind: work, ...given({ id }) };
  if (training) {
    const { preset, config, data, set, ranks } = training;
    return { schema, job: { ...common, ...given({ preset, config, data, ranks }), set: { ...set } } };
  }
  if (evaluation) {
    const { checkpoint, data, protocol, options, benchmark } = evaluation;
    return {
      schema,
      job: {
        ...common,
        ...given({ checkpoint, data, protocol }),
        ...(options && { options: given({ ...options }) }),
        ...(benchmark && { ...given({ dataset: benchmark.dataset }), set: { ...benchmark.set } }),
        ...(benchmark?.untrained && { untrained: true }),
      },
    };
  }
  return { schema, job: { ...common, ...given({ job: cancellation?.job }) } };
}

function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(fields);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null && value !== ''));
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapValues(values: Readonly<Record<string, unknown>>, change: (value: unknown) => unknown) {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

/** Short, and no deeper than the value itself: what lies within it may be deeper than the stack reaches. */
function shown(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).slice(0, 100);
  return Array.isArray(value) ? 'a list' : 'a mapping';
}

/** The first problems, each with its place. */
function problemsOf({ issues }: z.ZodError): string {
  const texts = issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
  return texts.join('; ').slice(0, 1000);
}
