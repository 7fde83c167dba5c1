/** Where `auspex setup tensorflow` puts TensorFlow, and which versions those are. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

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
    stamp: path.join(folder, 'set-up.json'),
  };
}

/** What was set up there; undefined where nothing was, or it was not finished. */
export function readStamp(place: TensorFlowPlace): Stamp | undefined {
  if (!existsSync(place.stamp) || !existsSync(place.module)) return undefined;
  return JSON.parse(readFileSync(place.stamp, 'utf8')) as Stamp;
}
