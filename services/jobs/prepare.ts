/**
 * What a job needs, checked when it is accepted and kept with it: a training's complete configuration and paths without links. What
 * changes in configuration files afterwards changes no job.
 */
import path from 'node:path';
import { parse } from 'yaml';
import { topicAddressOf } from '../../data/topics/topic-address.ts';
import { findProtocol } from '../../evals/protocols/registry.ts';
import { loadConfig, type ResolvedConfig } from '../../training/config.ts';
import { RejectionError } from './errors.ts';
import {
  type BenchmarkEvaluation,
  type EvaluationJob,
  type FolderEvaluation,
  isBenchmark,
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
  return job.kind === 'training' ? prepareTraining(job, roots, outRoot, bus) : prepareEvaluation(job, roots);
}

/** Looks for links that lead out of the roots, in all folders that a job reads. @throws RejectionError */
export async function checkFolders(prepared: Prepared, roots: Roots): Promise<void> {
  for (const [key, folder] of foldersOf(prepared)) {
    if (folder === null || folder === undefined) continue;
    // It may have gone, or become a link, since the job was accepted.
    await roots.checkLinks(key, roots.folder(key, folder));
  }
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
  if (copyTo !== null && !(path.isAbsolute(copyTo) && isInside(outRoot, nearestReal(copyTo)))) {
    const message = `checkpoint.copyTo: ${copyTo} does not lie below this server's folder of results.`;
    throw new RejectionError('OUTSIDE_ROOTS', message);
  }
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
      evaluations: config.evaluations.map((evaluation) => ({
        ...evaluation,
        data: roots.folder(`evaluations.${evaluation.name}.data`, evaluation.data),
        set: { ...evaluation.set, ...realPaths(evaluation.protocol, evaluation.set, roots) },
      })),
      model: { ...config.model, init: init === null ? null : roots.folder('model.init', init) },
    },
  };
}

function prepareEvaluation(job: EvaluationJob, roots: Roots): Prepared {
  const checkpoint = roots.folder('checkpoint', job.checkpoint);
  const data = roots.folder('data', job.data);
  if (isBenchmark(job)) {
    const { protocol, dataset, untrained } = job;
    const set = withRealPaths(protocol, job.set, roots);
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

/** @param set values as YAML @throws RejectionError */
function withRealPaths(
  protocol: string,
  set: Readonly<Record<string, string>>,
  roots: Roots,
): Readonly<Record<string, string>> {
  const values = Object.fromEntries(Object.entries(set).map(([key, value]) => [key, parse(value) as unknown]));
  const real = Object.entries(realPaths(protocol, values, roots));
  return { ...set, ...Object.fromEntries(real.map(([key, value]) => [key, JSON.stringify(value)])) };
}

/** Those options that name files or folders, without links. @throws RejectionError */
function realPaths(
  protocol: string,
  values: Readonly<Record<string, unknown>>,
  roots: Roots,
): Readonly<Record<string, string>> {
  const { paths = [] } = findProtocol(protocol);
  const given = paths.flatMap((key) => {
    const value = values[key];
    return typeof value === 'string' ? [[key, roots.any(`set.${key}`, value)] as const] : [];
  });
  return Object.fromEntries(given);
}

function foldersOf(prepared: Prepared): [key: string, folder: string | null | undefined][] {
  if (prepared.kind === 'training') {
    const { data, model, evaluations } = prepared.config;
    const isTopic = data.path !== null && topicAddressOf(data.path) !== undefined;
    const evaluated = evaluations.map(({ name, data }): [string, string] => [`evaluations.${name}.data`, data]);
    const own: [string, string | null][] = isTopic ? [] : [['data', data.path]];
    return [...own, ['model.init', model.init], ...evaluated];
  }
  const { checkpoint, data } = prepared;
  return [
    ['checkpoint', checkpoint],
    ['data', data],
    ['options.database', prepared.kind === 'evaluation' ? prepared.options.database : undefined],
  ];
}
