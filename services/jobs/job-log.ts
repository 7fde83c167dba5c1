/** What the process of a job says, kept in its folder over all attempts: `<out-root>/<id>/log.jsonl`. */
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import { BoundedFile, type Cut } from '../logs/bounded-file.ts';
import { createLogger, type LogFields, type Logger } from '../logs/logger.ts';
import type { Ending } from './queue.ts';

const FILE = 'log.jsonl';
/** Of the file, and of the older one beside it. */
const MAXIMUM_BYTES = 8 * 2 ** 20;
/** Characters of a line that are kept. */
const LONGEST_LINE = 16_000;
/** Milliseconds between two lines of progress: every step stands in the run folder's metrics.jsonl. */
const PROGRESS_EVERY = 10_000;

export interface JobLogOptions {
  readonly job: string;
  readonly attempt: number;
  /** Of the trace that the job belongs to, on every line. */
  readonly traceId?: string | undefined;
  /** Told once when lines cannot be written: a job does not fail because of its log. */
  onWarning(message: string): void;
  /** @default 8 MiB */
  readonly maximumBytes?: number;
}

export function jobLogFile(outRoot: string, id: string): string {
  return path.join(outRoot, id, FILE);
}

export class JobLog {
  readonly #path: string;
  readonly #options: JobLogOptions;
  readonly #log: Logger;
  #file: BoundedFile | undefined;
  /** Lines that could not be written since the last that could. */
  #numLost = 0;
  #hasWarned = false;
  #progressAt = -Infinity;
  /** The latest progress that was left out, and how much there was. */
  #leftOut: { readonly name: string; readonly fields: LogFields; readonly count: number } | undefined;

  constructor(file: string, options: JobLogOptions) {
    this.#path = file;
    this.#options = options;
    this.#log = this.#logger((line) => this.#write(line));
  }

  started(pid: number | undefined, args: readonly string[]): void {
    this.#log.info('started', { command: args[0], pid });
  }

  ended(ending: Ending): void {
    this.#lastProgress();
    if (ending.kind === 'finished') this.#log.info('finished', { result: ending.result });
    else {
      // To be asked to end is no mistake of the job's.
      const level = ending.code === 'CHILD_STOPPED' ? 'warn' : 'error';
      this.#log[level](ending.message, { event: 'failed', code: ending.code });
    }
  }

  warn(message: string): void {
    this.#log.warn(message);
  }

  /** A line of standard output: JSON, where the command keeps to its promise. */
  said(line: string): void {
    const event = line.length > LONGEST_LINE ? undefined : parseObject(line);
    if (event === undefined) this.#log.info(...shortened(line));
    else this.#saidEvent(event);
  }

  /** A line of standard error, which is text. */
  saidAsText(line: string): void {
    if (line.trim() === '') return;
    const stream = 'stderr';
    const [, level, code, rest] = /^(?:(warning)|error ([A-Z_]+)): ?(.*)$/.exec(line) ?? [];
    const [text, more] = shortened(rest ?? line);
    if (code !== undefined) this.#log.error(text, { code, stream, ...more });
    else if (level !== undefined) this.#log.warn(text, { stream, ...more });
    else this.#log.info(text, { stream, ...more });
  }

  close(): void {
    this.#lastProgress();
    this.#tellLost();
    this.#file?.close();
    this.#file = undefined;
  }

  #saidEvent({ event, message, ...fields }: LogFields): void {
    const isText = typeof message === 'string';
    // Memory and mailboxes every few seconds: metrics have them.
    if (event === 'processes') return;
    if (event === 'step' || event === 'progress') this.#progress(event, fields);
    else if (event === 'warning' || event === 'skipped' || event === 'worse') {
      this.#log.warn(isText ? message : event, { event, ...fields });
    } else {
      this.#log.info(typeof event === 'string' ? event : 'result', {
        ...(message !== undefined && { message }),
        ...fields,
      });
    }
  }

  #progress(name: string, fields: LogFields): void {
    const now = performance.now();
    if (now - this.#progressAt < PROGRESS_EVERY) {
      this.#leftOut = { name, fields, count: (this.#leftOut?.count ?? 0) + 1 };
      return;
    }
    const leftOut = this.#leftOut?.count;
    this.#log.debug(name, { ...fields, ...(leftOut !== undefined && { leftOut }) });
    this.#progressAt = now;
    this.#leftOut = undefined;
  }

  /** How far it came, also where that was left out. */
  #lastProgress(): void {
    if (!this.#leftOut) return;
    const { name, fields, count } = this.#leftOut;
    this.#log.debug(name, { ...fields, ...(count > 1 && { leftOut: count - 1 }) });
    this.#leftOut = undefined;
  }

  #write(line: string): void {
    try {
      this.#file ??= new BoundedFile(this.#path, {
        maximumBytes: this.#options.maximumBytes ?? MAXIMUM_BYTES,
        cutLine: (cut) => this.#cutLine(cut),
      });
      this.#tellLost();
      if (this.#numLost === 0) this.#file.write(line);
      else this.#numLost++;
    } catch (error) {
      this.#numLost++;
      this.#warn(error);
    }
  }

  /** Leaves the number as it is where the file still cannot be written. */
  #tellLost(): void {
    if (this.#numLost === 0 || !this.#file) return;
    try {
      this.#file.write(this.#line((log) => log.warn('lines could not be written here', { lost: this.#numLost })));
      this.#numLost = 0;
    } catch (error) {
      this.#warn(error);
    }
  }

  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.onWarning(`${this.#path} cannot be written (${messageOf(error)}): the job goes on without its log.`);
  }

  #cutLine(cut: Cut): string {
    return this.#line((log) => log.warn('earlier lines were deleted: the log was full', { cut }));
  }

  #line(tell: (log: Logger) => void): string {
    let made = '';
    tell(
      this.#logger((line) => {
        made += line;
      }),
    );
    return made;
  }

  #logger(write: (line: string) => void): Logger {
    const { job, attempt, traceId } = this.#options;
    const always = { job, attempt, ...(traceId !== undefined && { traceId }) };
    return createLogger({ format: 'json', level: 'debug', write }).with(always);
  }
}

function shortened(line: string): [text: string, fields: LogFields] {
  if (line.length <= LONGEST_LINE) return [line, {}];
  return [line.slice(0, LONGEST_LINE), { charactersLeftOut: line.length - LONGEST_LINE }];
}

function parseObject(text: string): LogFields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined; // text, and kept as such
  }
}
