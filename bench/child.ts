/** Runs one measurement in a process of its own, which prints its result as one line of JSON, the last. */
import { spawn } from 'node:child_process';
import type { z } from 'zod';
import { messageOf } from '../errors.ts';
import { BenchError } from './errors.ts';

export interface Child {
  /** For messages, such as "the peer (400mf fp32)". */
  readonly what: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** @returns what it wrote to standard output. @throws BenchError CHILD_FAILED, CHILD_TIMEOUT */
export async function runChild({ what, command, args, cwd, env, timeoutSeconds }: Child): Promise<string> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutSeconds * 1000);
  const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.on('error', (error) => {
      const message = `${what} could not be started (${command}): ${messageOf(error)}`;
      reject(new BenchError('CHILD_FAILED', message, { cause: error }));
    });
    child.on('close', (code, signal) => resolve(code ?? signal));
  }).finally(() => clearTimeout(timer));
  if (timedOut) {
    const message = `${what} was stopped after ${timeoutSeconds} s. Allow it more with --timeout.`;
    throw new BenchError('CHILD_TIMEOUT', message);
  }
  if (status === 0) return output;
  throw new BenchError('CHILD_FAILED', `${what} ended with ${status}:\n${lastLines(errors, 15)}`);
}

/** The result in an output: its last line. @throws BenchError CHILD_FAILED */
export function parseResult<Schema extends z.ZodType>(what: string, output: string, schema: Schema): z.output<Schema> {
  const last = lastLines(output, 1);
  try {
    return schema.parse(JSON.parse(last));
  } catch (error) {
    const message = `the last line of ${what} is no result (${messageOf(error)}): ${last}`;
    throw new BenchError('CHILD_FAILED', message, { cause: error });
  }
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
