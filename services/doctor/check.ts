/** What the doctor says of one thing: how it is, and what is to be done. */
export type Status = 'ok' | 'warning' | 'problem';

export interface Check {
  readonly name: string;
  readonly status: Status;
  /** What was found, in one line. */
  readonly found: string;
  /** What to do about it; null where nothing is to be done. */
  readonly advice: string | null;
}

export function ok(name: string, found: string): Check {
  return { name, status: 'ok', found, advice: null };
}

/** It works, but not as well or as safely as it could. */
export function warning(name: string, found: string, advice: string): Check {
  return { name, status: 'warning', found, advice };
}

/** Auspex, or what was asked for, does not work. */
export function problem(name: string, found: string, advice: string): Check {
  return { name, status: 'problem', found, advice };
}

/** The content of a file of the system; undefined where there is none, or none that may be read. */
export type ReadFile = (file: string) => string | undefined;

/** Runs a program. @returns its output, or undefined where it is missing or fails */
export type Run = (command: string, args: readonly string[]) => string | undefined;

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
