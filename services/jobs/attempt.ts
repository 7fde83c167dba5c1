/**
 * One attempt at a job: its folder of results, and the command that works on it.
 *
 *     <out-root>/<id>/job.json          which job this folder belongs to
 *                     job-config.json   trainings: the configuration that they begin with
 *                     run.json, ...     what `auspex train` leaves, and resumes from
 *                     features.safetensors
 */
import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { writeError, writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { AttemptError, RejectionError } from './errors.ts';
import { checkFolders, type Prepared } from './prepare.ts';
import type { ActiveJob } from './queue.ts';
import type { Roots } from './roots.ts';

export const JOB_FILE = 'job.json';
const CONFIG_FILE = 'job-config.json';

/** Whether an earlier attempt has begun a run, with which the next goes on. */
export function hasRun(outRoot: string, { id, job }: ActiveJob): boolean {
  return job.kind === 'training' && existsSync(path.join(outRoot, id, 'run.json'));
}

/**
 * Makes the folder ready.
 * @returns the command line
 * @throws AttemptError, RejectionError, CheckpointError CHECKPOINT_WRITE_FAILED
 */
export async function prepareAttempt(active: ActiveJob, roots: Roots, outRoot: string): Promise<string[]> {
  const { id, job, digest, prepared } = active;
  const out = path.join(outRoot, id);
  claimFolder(out, id, digest);
  await checkFolders(prepared, roots);
  await writeJson(path.join(out, JOB_FILE), { id, digest, job });
  if (prepared.kind === 'evaluation') return evaluationCommand(prepared, out);
  const { config, ranks } = prepared;
  const common = ['--out', out, '--json', ...(ranks === undefined ? [] : ['--ranks', ranks])];
  if (hasRun(outRoot, active)) return ['train', '--resume', ...common];
  await writeJson(path.join(out, CONFIG_FILE), config);
  return ['train', path.join(out, CONFIG_FILE), ...common];
}

/** @throws AttemptError, RejectionError */
function claimFolder(out: string, id: string, digest: string): void {
  try {
    mkdirSync(out, { recursive: true });
  } catch (error) {
    throw writeError(out, error);
  }
  if (realpathSync(out) !== out) {
    throw new RejectionError('OUTSIDE_ROOTS', `The folder of results ${out} is a link that leads elsewhere.`);
  }
  const file = path.join(out, JOB_FILE);
  const owner = existsSync(file)
    ? z.object({ digest: z.string() }).safeParse(JSON.parse(readFileSync(file, 'utf8')))
    : undefined;
  if (owner === undefined ? !existsSync(path.join(out, 'run.json')) : owner.data?.digest === digest) return;
  const message = `${out} holds results of something else: submit the job with another id than ${id}, or move the folder away.`;
  throw new AttemptError('RESULT_FOLDER_TAKEN', message);
}

function evaluationCommand(prepared: Extract<Prepared, { kind: 'evaluation' }>, out: string): string[] {
  const { protocol, checkpoint, data, options } = prepared;
  const { layer, size, batch, k, temperature, database } = options;
  const common = [
    '--checkpoint',
    checkpoint,
    '--images',
    data,
    '--layer',
    layer,
    '--size',
    `${size}`,
    '--batch',
    `${batch}`,
  ];
  if (protocol === 'features') return ['embed', ...common, '--out', path.join(out, 'features.safetensors'), '--json'];
  return [
    'knn',
    ...common,
    ...(database === undefined ? [] : ['--database', database]),
    ...(k === undefined ? [] : ['--k', `${k}`]),
    ...(temperature === undefined ? [] : ['--temperature', `${temperature}`]),
    '--json',
  ];
}

function writeJson(file: string, value: unknown): Promise<void> {
  return writeFileAtomically(file, (handle) => handle.writeFile(`${JSON.stringify(value, null, 2)}\n`));
}
