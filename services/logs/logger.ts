/**
 * What is told of a process while it runs: lines for people, or JSON lines in pino's form for programs that gather logs. This is the
 * one place that knows pino.
 */
import { pino } from 'pino';
import { hideCredentials, SECRET_PATHS } from './secrets.ts';

/** From the least to the most important. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export const LOG_FORMATS = ['text', 'json'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = (typeof LOG_FORMATS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same, with these fields on every line. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly format: LogFormat;
  /** The least important that is written. */
  readonly level: LogLevel;
  /** Takes whole lines, each with its end. */
  write(line: string): void;
}

type Emit = (level: LogLevel, message: string, fields: LogFields) => void;

export function createLogger({ format, level, write }: LoggerOptions): Logger {
  if (format === 'json') return loggerOf(jsonLines(level, write), {});
  const least = LOG_LEVELS.indexOf(level);
  return loggerOf((of, message) => {
    if (LOG_LEVELS.indexOf(of) >= least) write(`${PREFIXES[of]}${hideCredentials(message)}\n`);
  }, {});
}

const PREFIXES: Readonly<Record<LogLevel, string>> = { debug: '', info: '', warn: 'warning: ', error: 'error: ' };

/** Names that a line has once: fields of the same name are written with an underscore before it. */
const OF_EVERY_LINE = ['level', 'time', 'msg'];

function jsonLines(level: LogLevel, write: (line: string) => void): Emit {
  const log = pino(
    {
      level,
      base: null,
      redact: { paths: [...SECRET_PATHS], censor: '***' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return (of, message, fields) => log[of](withoutReserved(fields), hideCredentials(message));
}

function withoutReserved(fields: LogFields): LogFields {
  if (!OF_EVERY_LINE.some((name) => name in fields)) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [OF_EVERY_LINE.includes(name) ? `_${name}` : name, value]),
  );
}

/** @param always wins over a line's own fields: what a child process says cannot pass for another's */
function loggerOf(emit: Emit, always: LogFields): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) =>
      emit(level, message, { ...fields, ...always });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => loggerOf(emit, { ...always, ...fields }),
  };
}
