/**
 * What a job needs, checked when it is accepted and kept with it: a training's complete configuration and paths without links. What
 * changes in configuration files afterwards changes no job.
 */
import path from 'node:path';
import { topicAddressOf } from '../../data/topics/topic-address.ts';
import { findProtocol } from '../../evals/protocols/registry.ts';
import { loadConfig, type ResolvedConfig } from '../../training/config/config.ts';
import { RejectionError } from './errors.ts';
import {
  type BenchmarkEvaluation,
  type EvaluationJob,
  type FolderEvaluation,
  isBenchmark,
  protocolOptionsOf,
  type TrainingJob,
  type Work,
} from './job.ts';
import { isInside, nearestReal, type Roots } from './roots.ts';

export type Prepared =
  | { readonly kind: 'training'; readonly config: ResolvedConfig; readonly ranks?: string }
  | ({ readonly kind: 'evaluation' } & Pick<FolderEvaluation, 'protocol' | 'checkpoint' | 'data' | 'options'>)
  | ({ readonly kind: 'benchmark' } & Pick<
      BenchmarkEvaluation,
      'protocol' | 'checkpoint' | 'data' | 'set' | 'dataset' | 'untrained'
    >);

/** @param bus where topics of images are: the server says that, and no job. @throws RejectionError, ConfigError, BusError */
export function prepare(job: Work, roots: Roots, outRoot: string, bus: ResolvedConfig['bus']): Prepared {
  return job.kind === 'training' ? prepareTraining(job, roots, outRoot, bus) : prepareEvaluation(job, roots, outRoot);
}

/** Looks for links that lead out of the roots, in all folders that a job reads. @throws RejectionError */
export async function checkFolders(prepared: Prepared, roots: Roots, outRoot: string): Promise<void> {
  for (const [key, folder] of foldersOf(prepared)) {
    if (folder === null || folder === undefined) continue;
    // It may have gone, or become a link, since the job was accepted.
    await roots.checkLinks(key, roots.folder(key, folder));
  }
  for (const { protocol, options } of protocolsOf(prepared)) {
    for (const [key, { kind, real }] of Object.entries(pathsAmong(protocol, options, roots, outRoot))) {
      if (kind === 'folder') await roots.checkLinks(`set.${key}`, real);
    }
  }
}

/** The protocols that a job runs, with their options. */
function protocolsOf(
  prepared: Prepared,
): { readonly protocol: string; readonly options: Readonly<Record<string, unknown>> }[] {
  if (prepared.kind === 'training') {
    return prepared.config.evaluations.map(({ protocol, set }) => ({ protocol, options: set }));
  }
  if (prepared.kind === 'evaluation') return [];
  const { protocol, set } = prepared;
  return [{ protocol, options: protocolOptionsOf(protocol, set) }];
}

function prepareTraining(job: TrainingJob, roots: Roots, outRoot: string, bus: ResolvedConfig['bus']): Prepared {
  const { id, config: file, preset, data, set, ranks } = job;
  const config = loadConfig({
    ...(file !== undefined && { file: roots.file('config', file) }),
    ...(preset !== undefined && { preset }),
    ...(data !== undefined && { data }),
    set: Object.entries(set).map(([key, value]) => `${key}=${value}`),
    out: path.join(outRoot, id),
  });
  if (config.data.path === null) {
    throw new RejectionError('INVALID_JOB', 'data: is missing; give the folder of images, or a topic.');
  }
  const { copyTo } = config.checkpoint;
  if (copyTo !== null) requireOutput('checkpoint.copyTo', copyTo, outRoot);
  if (config.bus.folder !== null || config.bus.brokers !== null) {
    throw new RejectionError('INVALID_JOB', 'bus: is for the server to say; leave it out.');
  }
  const { init } = config.model;
  return {
    kind: 'training',
    ...(ranks !== undefined && { ranks }),
    config: {
      ...config,
      bus,
      data: {
        ...config.data,
        path: topicAddressOf(config.data.path) ? config.data.path : roots.folder('data', config.data.path),
        referenceRoots: config.data.referenceRoots.map((root) => roots.folder('data.referenceRoots', root)),
      },
      evaluations: config.evaluations.map((evaluation) => {
        const { name, protocol, data, set } = evaluation;
        const paths = Object.entries(pathsAmong(protocol, set, roots, outRoot)).map(([key, { real }]) => [key, real]);
        const folder = roots.folder(`evaluations.${name}.data`, data);
        return { ...evaluation, data: folder, set: { ...set, ...Object.fromEntries(paths) } };
      }),
      model: { ...config.model, init: init === null ? null : roots.folder('model.init', init) },
    },
  };
}

function prepareEvaluation(job: EvaluationJob, roots: Roots, outRoot: string): Prepared {
  const checkpoint = roots.folder('checkpoint', job.checkpoint);
  const data = roots.folder('data', job.data);
  if (isBenchmark(job)) {
    const { protocol, dataset, untrained } = job;
    const paths = Object.entries(pathsAmong(protocol, protocolOptionsOf(protocol, job.set), roots, outRoot));
    const set = { ...job.set, ...Object.fromEntries(paths.map(([key, { real }]) => [key, JSON.stringify(real)])) };
    return { kind: 'benchmark', protocol, checkpoint, data, set, untrained, ...(dataset !== undefined && { dataset }) };
  }
  const { protocol, options } = job;
  const { database } = options;
  return {
    kind: 'evaluation',
    protocol,
    checkpoint,
    data,
    options: { ...options, ...(database !== undefined && { database: roots.folder('options.database', database) }) },
  };
}

interface NamedPath {
  readonly kind: 'file' | 'folder' | 'output';
  /** Without links, but for output. */
  readonly real: string;
}

/** Files and folders among a protocol's options. @throws RejectionError */
function pathsAmong(
  protocol: string,
  options: Readonly<Record<string, unknown>>,
  roots: Roots,
  outRoot: string,
): Readonly<Record<string, NamedPath>> {
  const found: Record<string, NamedPath> = {};
  for (const [key, kind] of Object.entries(findProtocol(protocol).paths ?? {})) {
    const given = options[key];
    if (typeof given !== 'string') continue;
    const name = `set.${key}`;
    if (kind === 'output') requireOutput(name, given, outRoot);
    const real = kind === 'output' ? given : kind === 'file' ? roots.anyFile(name, given) : roots.folder(name, given);
    found[key] = { kind, real };
  }
  return found;
}

/** What a job writes lies below the folder of results. @throws RejectionError OUTSIDE_ROOTS */
function requireOutput(key: string, folder: string, outRoot: string): void {
  if (path.isAbsolute(folder) && isInside(outRoot, nearestReal(folder))) return;
  const message = `${key}: ${folder} does not lie below this server's folder of results.`;
  throw new RejectionError('OUTSIDE_ROOTS', message);
}

function foldersOf(prepared: Prepared): [key: string, folder: string | null | undefined][] {
  if (prepared.kind === 'training') {
    const { data, model, evaluations } = prepared.config;
    const isTopic = data.path !== null && topicAddressOf(data.path) !== undefined;
    const own: [string, string | null][] = isTopic ? [] : [['data', data.path]];
    const evaluated = evaluations.map(({ name, data }): [string, string] => [`evaluations.${name}.data`, data]);
    return [...own, ['model.init', model.init], ...evaluated];
  }
  const { checkpoint, data } = prepared;
  return [
    ['checkpoint', checkpoint],
    ['data', data],
    ['options.database', prepared.kind === 'evaluation' ? prepared.options.database : undefined],
  ];
}
