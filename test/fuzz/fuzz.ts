/** Runs one kind of fuzzing, and says what it survived. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Growth } from './memory.ts';
import { fuzzMessages } from './messages.ts';
import { fuzzRequests } from './requests.ts';

export const KINDS = ['images', 'messages', 'requests'] as const;
export type Kind = (typeof KINDS)[number];

export interface FuzzReport {
  readonly kind: Kind;
  readonly count: number;
  readonly seed: number;
  readonly seconds: number;
  /** How many ended how. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly growth: Growth;
}

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** For images: a copy of the project whose addon was built with AddressSanitizer. */
  readonly sanitized?: string;
}

export async function fuzz(kind: Kind, options: FuzzOptions): Promise<FuzzReport> {
  const began = performance.now();
  const { outcomes, growth } = await run(kind, options);
  const { count, seed } = options;
  return { kind, count, seed, seconds: (performance.now() - began) / 1000, outcomes, growth };
}

async function run(
  kind: Kind,
  { count, seed, sanitized }: FuzzOptions,
): Promise<Pick<FuzzReport, 'outcomes' | 'growth'>> {
  if (kind === 'images') return fuzzImages(count, seed, sanitized);
  if (kind === 'requests') {
    const { statuses: outcomes, growth } = await fuzzRequests(count, seed);
    return { outcomes, growth };
  }
  const { understood: outcomes, growth } = await fuzzMessages(count, seed);
  return { outcomes, growth };
}

async function fuzzImages(count: number, seed: number, sanitized: string | undefined) {
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-fuzz-images-'));
  const root = sanitized ?? path.join(import.meta.dirname, '..', '..');
  const script = path.join(root, 'test', 'fuzz', 'images.ts');
  const env = sanitized ? { ...process.env, ...(await sanitizerEnvironment()) } : process.env;
  const args = ['--import', 'tsx', script, String(count), String(seed), folder];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code, signal] = await once(child, 'exit');
  const [output, errors] = await said;
  if (code !== 0) {
    const last = errors.trim().split('\n').slice(-40).join('\n');
    throw new Error(`images of seed ${seed} ended the process (${signal ?? code}); the last are in ${folder}\n${last}`);
  }
  rmSync(folder, { recursive: true });
  return JSON.parse(output) as Pick<FuzzReport, 'outcomes' | 'growth'>;
}

/** Node itself was not built with the sanitizer, so it has to be loaded before; what Node keeps for ever is no leak of ours. */
async function sanitizerEnvironment(): Promise<Record<string, string>> {
  const compiler = spawn('c++', ['-print-file-name=libasan.so'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const library = (await text(compiler.stdout)).trim();
  return { LD_PRELOAD: library, ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:handle_abort=1' };
}
