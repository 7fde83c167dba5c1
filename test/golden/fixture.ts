/**
 * Golden fixtures: `<name>.json` (configuration, scalars, tolerances) and `<name>.safetensors` (tensors) side by side.
 * `AUSPEX_FIXTURES=DIR` runs the same tests on another set of the same format.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readSafetensors, type Tensor } from '../../checkpoints/safetensors.ts';

export const fixturesFolder = process.env['AUSPEX_FIXTURES'] ?? path.join(import.meta.dirname, '..', 'fixtures');

/** A tolerance as the fixtures write it: |x - ref| <= atol + rtol * |ref|, or a relative L2 distance. */
export interface Tolerance {
  atol?: number;
  rtol?: number;
  relative_l2_per_tensor?: number;
}

export interface Fixture<Config, Scalars> {
  readonly config: Config;
  readonly scalars: Scalars;
  readonly tolerances: Record<string, Tolerance & Record<string, number>>;
  tensor(name: string): Tensor;
  /** float32 values of a tensor (int64 and uint8 are widened). */
  values(name: string): Float32Array;
  names(prefix?: string): string[];
}

export function loadFixture<Config, Scalars>(name: string): Fixture<Config, Scalars> {
  const json = JSON.parse(readFileSync(path.join(fixturesFolder, `${name}.json`), 'utf8'));
  const tensorFile = path.join(fixturesFolder, `${name}.safetensors`);
  const tensors = existsSync(tensorFile) ? readSafetensors(tensorFile) : new Map<string, Tensor>();
  const tensor = (tensorName: string): Tensor => {
    const found = tensors.get(tensorName);
    if (!found) throw new Error(`fixture ${name} has no tensor ${tensorName}`);
    return found;
  };
  return {
    config: json.config,
    scalars: json.scalars,
    tolerances: json.tolerances,
    tensor,
    values: (tensorName) => toFloat32(tensor(tensorName)),
    names: (prefix = '') => [...tensors.keys()].filter((key) => key.startsWith(prefix)),
  };
}

function toFloat32({ dtype, data }: Tensor): Float32Array {
  const bytes = data.slice().buffer;
  if (dtype === 'F32') return new Float32Array(bytes);
  if (dtype === 'I64') return Float32Array.from(new BigInt64Array(bytes), Number);
  if (dtype === 'U8') return Float32Array.from(new Uint8Array(bytes));
  throw new Error(`fixtures do not use ${dtype}`);
}

/** Fails with the worst element unless |actual - expected| <= atol + rtol * |expected| everywhere. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  what: string,
) {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} values instead of ${expected.length}`);
  }
  const { atol = 0, rtol = 0 } = tolerance;
  let worst = { excess: -Infinity, index: -1 };
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    const excess = Number.isNaN(difference) ? Infinity : difference - (atol + rtol * Math.abs(expected[i]!));
    if (excess > worst.excess) worst = { excess, index: i };
  }
  if (worst.excess > 0) {
    const i = worst.index;
    throw new Error(`${what}: element ${i} is ${actual[i]}, expected ${expected[i]} (atol ${atol}, rtol ${rtol})`);
  }
}

/** ||actual - expected|| / ||expected - origin||, where origin defaults to 0. */
export function relativeL2(actual: ArrayLike<number>, expected: ArrayLike<number>, origin?: ArrayLike<number>): number {
  let error = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    error += (actual[i]! - expected[i]!) ** 2;
    norm += (expected[i]! - (origin?.[i] ?? 0)) ** 2;
  }
  return norm === 0 ? Math.sqrt(error) : Math.sqrt(error / norm);
}
