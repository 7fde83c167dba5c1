/**
 * What every command has in common towards the terminal and towards programs.
 *
 * With `--json` standard output carries JSON lines only, the result as the last one, and text goes to standard error.
 * Errors are one line on standard error, `error CODE: message`, and an exit code: 2 for a wrong command line, else 1.
 */
import { CommanderError } from 'commander';
import { AuspexError, messageOf } from '../../errors.ts';
import { UsageError } from './errors.ts';

export class Output {
  readonly #json: boolean;

  constructor(options: { json?: boolean | undefined }) {
    this.#json = options.json ?? false;
  }

  /** Text for a person. */
  text(text: string): void {
    (this.#json ? process.stderr : process.stdout).write(`${text}\n`);
  }

  /** Progress of a long command as a JSON line; nothing without `--json`. */
  event(event: Readonly<Record<string, unknown>>): void {
    if (this.#json) process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  /** One of many results, as JSON or as text. */
  line(json: unknown, text: string): void {
    process.stdout.write(`${this.#json ? JSON.stringify(json) : text}\n`);
  }

  /** The command's result, to be called once at its end: JSON, or the same as text. */
  result(json: unknown, text: string): void {
    this.line(json, text);
  }
}

/** Reports what ended a command and gives its exit code. */
export function reportError(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return 0;
    // Commander has already printed the help where it ends with that.
    if (thrown.code !== 'commander.help') printError('USAGE', thrown.message.replace(/^error: /, ''));
    return 2;
  }
  printError(thrown instanceof AuspexError ? thrown.code : 'INTERNAL', messageOf(thrown));
  if (process.env['AUSPEX_DEBUG'] && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
  return thrown instanceof UsageError ? 2 : 1;
}

function printError(code: string, message: string): void {
  process.stderr.write(`error ${code}: ${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`);
}

/** Rows as aligned columns; the first is flush left, all others flush right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** 37163068 as "37.2 M". */
export function shortCount(count: number): string {
  return short(count, 1000, ['', ' k', ' M', ' G', ' T', ' P']);
}

/** Bytes as "4.0 GiB". */
export function shortBytes(bytes: number): string {
  return short(bytes, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB', ' PiB']);
}

function short(value: number, base: number, units: readonly string[]): string {
  let unit = 0;
  let scaled = value;
  // 999.95 would be printed as 1000.0
  while (scaled >= base - 0.05 && unit < units.length - 1) {
    scaled /= base;
    unit += 1;
  }
  return `${unit === 0 ? scaled : scaled.toFixed(1)}${units[unit]}`;
}
