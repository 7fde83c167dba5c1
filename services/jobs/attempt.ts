/**
 * One attempt at a job: its folder of results, and the command that works on it.
 *
 *     <out-root>/<id>/job.json          which job this folder belongs to
 *                     log.jsonl         what its processes said (job-log.ts)
 *                     job-config.json   trainings: the configuration that they begin with
 *                     run.json, ...     what `auspex train` leaves, and resumes from
 *                     features.safetensors, result.json: what evaluations leave
 */
import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { writeError, writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { AttemptError, RejectionError } from './errors.ts';
import { assignmentsOf } from './job.ts';
import { checkFolders, type Prepared } from './prepare.ts';
import { type ActiveJob, usesRanks } from './queue.ts';
import type { Roots } from './roots.ts';

export const JOB_FILE = 'job.json';
const CONFIG_FILE = 'job-config.json';

/** Whether an earlier attempt has begun a run, with which the next goes on. */
export function hasRun(outRoot: string, { id, job }: ActiveJob): boolean {
  return job.kind === 'training' && existsSync(path.join(outRoot, id, 'run.json'));
}

/**
 * Makes the folder ready.
 * @param workers options of `auspex coordinator` that say where workers dial; without, ranks are processes of this machine
 * @returns the command line
 * @throws AttemptError, RejectionError, CheckpointError CHECKPOINT_WRITE_FAILED
 */
export async function prepareAttempt(
  active: ActiveJob,
  roots: Roots,
  outRoot: string,
  workers?: readonly string[],
): Promise<string[]> {
  const { id, job, digest, prepared } = active;
  const out = path.join(outRoot, id);
  claimFolder(out, id, digest);
  await checkFolders(prepared, roots, outRoot);
  await writeJson(path.join(out, JOB_FILE), { id, digest, job });
  if (prepared.kind === 'evaluation') return evaluationCommand(prepared, out);
  if (prepared.kind === 'benchmark') return benchmarkCommand(prepared, out);
  const { config, ranks } = prepared;
  const onWorkers = workers !== undefined && usesRanks(active);
  const command = onWorkers ? ['coordinator', ...workers] : ['train'];
  const common = ['--out', out, '--json', ...(ranks === undefined ? [] : ['--ranks', ranks])];
  if (hasRun(outRoot, active)) return [...command, '--resume', ...common];
  await writeJson(path.join(out, CONFIG_FILE), config);
  return [...command, path.join(out, CONFIG_FILE), ...common];
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

function benchmarkCommand(prepared: Extract<Prepared, { kind: 'benchmark' }>, out: string): string[] {
  const { protocol, checkpoint, data, set, dataset, untrained } = prepared;
  return [
    'eval',
    protocol,
    '--checkpoint',
    checkpoint,
    '--data',
    data,
    ...(dataset === undefined ? [] : ['--dataset', dataset]),
    ...assignmentsOf(set).flatMap((assignment) => ['--set', assignment]),
    ...(untrained ? ['--untrained'] : []),
    '--out',
    out,
    '--json',
  ];
}

function writeJson(file: string, value: unknown): Promise<void> {
  return writeFileAtomically(file, (handle) => handle.writeFile(`${JSON.stringify(value, null, 2)}\n`));
}
