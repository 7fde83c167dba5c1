/** Whether Auspex itself runs: Node, the native addon, and in which precision it computes. */
import { messageOf } from '../../errors.ts';
import { type Check, ok, problem, warning } from './check.ts';

const OLDEST_NODE = [20, 19] as const;

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  if (!isOld) return ok('node', `Node ${version}`);
  return problem('node', `Node ${version}`, `Install Node ${OLDEST_NODE.join('.')} or newer.`);
}

/** @param probe loads the addon and asks whether it computes in bf16 */
export function checkAddon(probe: () => boolean): Check {
  try {
    const precision = probe() ? 'bf16' : 'f32';
    return ok('addon', `the native addon is loaded; training.precision=auto computes in ${precision}`);
  } catch (error) {
    return problem('addon', messageOf(error), 'Run npm run build:native, or npm ci for everything.');
  }
}

/** @param features as /proc/cpuinfo names them */
export function checkProcessor(model: string, features: readonly string[]): Check {
  const has = (feature: string) => features.includes(feature);
  if (features.length === 0) {
    return warning(
      'processor',
      `${model}: what it can do is not told by /proc/cpuinfo`,
      'Auspex needs an x86-64 processor with AVX2: make sure that it is one.',
    );
  }
  if (!has('avx2') || !has('fma')) {
    return problem(
      'processor',
      `${model}: no AVX2 with FMA`,
      'Take another machine; on a virtual one, let it see the processor as it is.',
    );
  }
  const best = has('amx_bf16')
    ? 'AMX: bf16 in tiles'
    : has('avx512_bf16')
      ? 'bf16 in AVX-512: measured, and taken where it is quicker than f32'
      : has('avx512f')
        ? 'AVX-512, no bf16: computes in f32'
        : 'AVX2: computes in f32';
  return ok('processor', `${model}: ${best}`);
}
