import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import type { Readable } from 'node:stream';
import { command } from './built.ts';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of standard output, parsed. */
  json<T>(): T;
}

/** Runs the command line as a child process. */
export function auspex(args: readonly string[], environment: Readonly<Record<string, string>> = {}): CommandResult {
  const env = { ...process.env, AUSPEX_DEBUG: '', ...environment };
  const child = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8', env });
  const { status: code, stdout, stderr } = child;
  return { code, stdout, stderr, json: () => JSON.parse(stdout.trimEnd().split('\n').at(-1)!) };
}

/** Starts the command line; its errors go to those of the test. */
export function startAuspex(args: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}
