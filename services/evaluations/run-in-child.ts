/**
 * An evaluation of a training's checkpoint, as a process of its own: whatever becomes of it, the training goes on. It has lower priority,
 * and ends with this process.
 */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readResults } from '../../evals/report/read-results.ts';
import { RESULT_FILE } from '../../evals/result.ts';
import type { EvaluationRequest, EvaluationRunner } from '../../training/evaluations/evaluations.ts';
import { yieldToTraining } from '../jobs/lower-priority.ts';

/** The command line that ends with its parent: its source, or what was built of it. */
const SCRIPT = ['child.ts', 'child.js']
  .map((name) => path.join(import.meta.dirname, '..', 'jobs', name))
  .find(existsSync)!;

/** Characters of standard error that are kept. */
const KEPT = 4000;

export const runInChild: EvaluationRunner = async (request) => {
  await finished(request);
  const [found] = await readResults([path.join(request.out, RESULT_FILE)]);
  return found!.result.metrics;
};

function finished({ evaluation, checkpoint, out, signal }: EvaluationRequest): Promise<void> {
  const { protocol, data, dataset, set } = evaluation;
  const args = [
    ...['eval', protocol, '--checkpoint', checkpoint, '--data', data, '--out', out, '--json'],
    ...(dataset === null ? [] : ['--dataset', dataset]),
    ...Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${JSON.stringify(value)}`]),
  ];
  return new Promise((resolve, reject) => {
    // A group of its own: a terminal's Ctrl-C reaches the training only, which then ends its evaluation.
    const child = fork(SCRIPT, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true });
    let errors = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-KEPT);
    });
    const kill = () => child.kill('SIGKILL');
    if (signal.aborted) kill();
    signal.addEventListener('abort', kill);
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      if (code === 0) return resolve();
      const last = errors.trim().split('\n').at(-1) ?? '';
      reject(new Error(last === '' ? `its process ended with ${killedBy ?? `status ${code}`}` : last));
    });
    if (child.pid !== undefined) yieldIfItCan(child.pid);
  });
}

function yieldIfItCan(pid: number): void {
  try {
    yieldToTraining(pid);
  } catch {
    // It then takes turns with the training as an equal, or is gone already, which is told when it ends.
  }
}
