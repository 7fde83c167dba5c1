/** Lines of a log as records, and as text for people. */
import * as z from 'zod';
import { LOG_LEVELS, type LogLevel } from './logger.ts';

const record = z.looseObject({
  time: z.string(),
  level: z.enum(LOG_LEVELS),
  msg: z.string(),
  attempt: z.number().optional(),
});

export type LogRecord = Readonly<z.output<typeof record>>;

/** A line that is no record, such as half of one after a full disk, is told as it stands. */
export function parseLogLine(line: string): LogRecord {
  try {
    const parsed = record.safeParse(JSON.parse(line));
    if (parsed.success) return parsed.data;
  } catch {
    // Told below.
  }
  return { time: '', level: 'warn', msg: line };
}

export interface LogFilter {
  readonly level: LogLevel;
  readonly attempt?: number;
}

export function isWanted({ level, attempt }: LogRecord, filter: LogFilter): boolean {
  if (filter.attempt !== undefined && attempt !== undefined && attempt !== filter.attempt) return false;
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(filter.level);
}

/** `2026-01-01T00:00:00.000Z warn  #2 the message key=value` */
export function describeRecord(record: LogRecord): string {
  const { time, level, attempt } = record;
  const words = [time, level.padEnd(5), attempt === undefined ? '' : `#${attempt}`].filter((word) => word !== '');
  return [...words, describeMessage(record)].join(' ');
}

/** `the message key=value` */
export function describeMessage({ time: _, level: __, msg, attempt: ___, job: ____, ...fields }: LogRecord): string {
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`);
  return plain([msg, ...rest].filter((word) => word !== '').join(' '));
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? '';
}

/** Control characters of what was logged do not reach the terminal. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1).padEnd(1));
}
