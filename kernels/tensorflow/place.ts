/** Where `auspex setup tensorflow` puts TensorFlow, and which versions those are. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../addon.ts';

/** Of libtensorflow, from its wheel on PyPI, and of the npm package whose binding is built against it. */
export const TENSORFLOW_VERSION = '2.18.1';
export const BINDING_PACKAGE = '@tensorflow/tfjs-node-gpu';
export const BINDING_VERSION = '4.22.0';

export type Build = 'cpu' | 'gpu';

/** One build of TensorFlow with its binding, as it lies on the disk. */
export interface TensorFlowPlace {
  readonly build: Build;
  readonly folder: string;
  /** The binding's native module. */
  readonly module: string;
  /** The library of operations by which ranks exchange: that of this Auspex's sources. */
  readonly operations: string;
  /** Written last, when all is there. */
  readonly stamp: string;
}

/** What the stamp says. */
export interface Stamp {
  readonly tensorflow: string;
  readonly binding: string;
  readonly build: Build;
}

/**
 * Set-ups lie in the user's cache, one folder for each build and pair of versions; `AUSPEX_TENSORFLOW` names another folder
 * for them all.
 */
export function placeOf(build: Build, environment: NodeJS.ProcessEnv = process.env): TensorFlowPlace {
  const cache =
    environment['AUSPEX_CACHE'] ||
    path.join(environment['XDG_CACHE_HOME'] || path.join(environment['HOME'] ?? '.', '.cache'), 'auspex');
  const parent = environment['AUSPEX_TENSORFLOW'] || path.join(cache, 'tensorflow');
  const folder = path.join(path.resolve(parent), `${build}-${TENSORFLOW_VERSION}-${BINDING_VERSION}`);
  return {
    build,
    folder,
    module: path.join(folder, 'binding', 'build', 'Release', 'tfjs_binding.node'),
    operations: path.join(folder, 'operations', `libauspex-tensorflow-ops-${operationsVersion()}.so`),
    stamp: path.join(folder, 'set-up.json'),
  };
}

/** What the library of operations is compiled from; the first file includes the second. */
export const OPERATION_SOURCES = ['tensorflow-ops.cc', 'collective-calls.h'].map((name) =>
  path.join(packageRoot, 'kernels', 'collectives', name),
);

/** Of the sources: another Auspex with other ones needs a library of its own. */
function operationsVersion(): string {
  const hash = createHash('sha256');
  for (const source of OPERATION_SOURCES) hash.update(readFileSync(source));
  return hash.digest('hex').slice(0, 12);
}

/** NCCL and the CUDA runtime that TensorFlow uses itself, for a build for GPUs. */
export function ncclOf({ folder }: TensorFlowPlace): { readonly nccl: string; readonly cudart: string } {
  const of = (name: string) => path.join(folder, 'tensorflow', name);
  return { nccl: of('libnccl.so.2'), cudart: of('libcudart.so.12') };
}

/** What was set up there; undefined where nothing was, or it was not finished. */
export function readStamp(place: TensorFlowPlace): Stamp | undefined {
  if (!existsSync(place.stamp) || !existsSync(place.module)) return undefined;
  return JSON.parse(readFileSync(place.stamp, 'utf8')) as Stamp;
}
