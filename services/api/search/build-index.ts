/** The graph of an index, built in a process of its own: it keeps all cores busy, and the server answers meanwhile. */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ApiError } from '../errors.ts';

/** Beside this file: its source, or what was built of it. */
const SCRIPT = ['build-index-child.ts', 'build-index-child.js']
  .map((name) => path.join(import.meta.dirname, name))
  .find(existsSync)!;

/** Characters of standard error that are kept. */
const KEPT_ERRORS = 2000;

export interface BuildProgress {
  readonly done: number;
  readonly total: number;
}

/** @throws ApiError INDEX_DAMAGED where it could not be built */
export function buildGraph(
  features: string,
  graph: string,
  onProgress: (progress: BuildProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(SCRIPT, [features, graph], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      signal,
      killSignal: 'SIGKILL',
    });
    let errors = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-KEPT_ERRORS);
    });
    child.on('message', (message) => onProgress(message as BuildProgress));
    child.on('error', reject);
    child.on('close', (code, ended) => {
      if (code === 0) return resolve();
      const why = errors.trim() || `its process ended with ${ended ?? `exit code ${code}`}`;
      reject(new ApiError('INDEX_DAMAGED', `The index could not be built from ${features}: ${why}`));
    });
  });
}
