/** The end of what a job's process said: log.jsonl in its folder (jobs/job-log.ts). */
import { describeMessage, parseLogLine } from '../../logs/log-record.ts';
import type { LogLevel } from '../../logs/logger.ts';
import { FileTail } from './file-tail.ts';

export interface LogLine {
  /** ISO 8601 in UTC; '' where the line does not say. */
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly attempt: number | null;
}

/** Lines that are kept, and bytes that are looked back to find them. */
const MOST_LINES = 300;
const LOOK_BACK = 128 * 1024;
const LONGEST_MESSAGE = 2000;

export class LogTail {
  readonly #tail: FileTail;
  lines: LogLine[] = [];

  constructor(file: string) {
    this.#tail = new FileTail(file, { last: LOOK_BACK });
  }

  /** @returns the lines that have come. Those of a file that was full, and was moved away, stay. */
  async read(): Promise<readonly LogLine[]> {
    let fresh: LogLine[] = [];
    await this.#tail.read(
      (lines) => {
        fresh = [...fresh, ...lines.map(logLine)].slice(-MOST_LINES);
      },
      () => undefined,
    );
    this.lines = [...this.lines, ...fresh].slice(-MOST_LINES);
    return fresh;
  }
}

export function logLine(line: string): LogLine {
  const record = parseLogLine(line);
  const { time, level, attempt = null } = record;
  return { time: time.slice(0, 40), level, message: describeMessage(record).slice(0, LONGEST_MESSAGE), attempt };
}
