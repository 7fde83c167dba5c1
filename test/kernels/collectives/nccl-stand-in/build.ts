/** Builds the library that stands for NCCL and the CUDA runtime (stand-in.h), and says how a process loads it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';

const sources = import.meta.dirname;
const root = path.join(sources, '..', '..', '..', '..');
const kernels = path.join(root, 'kernels', 'collectives');
const FLAGS = ['-std=c++17', '-O1', '-g1', '-fPIC', '-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter'];

function files(folder: string, pattern: RegExp): string[] {
  const names = readdirSync(folder).filter((name) => pattern.test(name));
  return names.map((name) => path.join(folder, name));
}

/** Compiles `inputs` into build/nccl-stand-in/ if it is older than any of `read`, and returns where it is. */
function build(
  name: string,
  inputs: readonly string[],
  read: readonly string[],
  flags: readonly string[],
  libraries: readonly string[] = [],
): string {
  const folder = path.join(root, 'build', 'nccl-stand-in');
  const target = path.join(folder, name);
  const built = existsSync(target) ? statSync(target).mtimeMs : 0;
  if ([...inputs, ...read].every((file) => statSync(file).mtimeMs <= built)) return target;
  mkdirSync(folder, { recursive: true });
  const made = `${target}.${process.pid}`; // two test processes may build at once
  const command = [...FLAGS, ...flags, '-o', made, ...inputs, ...libraries, '-lpthread', '-ldl'];
  const { status, stderr } = spawnSync(process.env['CXX'] ?? 'c++', command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} could not be built:\n${stderr}`);
  renameSync(made, target);
  return target;
}

const COLLECTIVES = files(
  kernels,
  /^(bound-calls|exchanges|gloo-missing|nccl.*|process|segment|shared-memory.*|transport|worker)\.cc$/,
);
const HEADERS = [...files(sources, /\.h$/), ...files(kernels, /\.h$/)];

/** What a process needs in its environment so that collectives by NCCL run on the stand-in, and on all GPUs that it pretends. */
export function standInEnvironment(): Record<string, string> {
  const inputs = ['cuda.cc', 'nccl.cc', 'order.cc'].map((name) => path.join(sources, name));
  const library = build('libnccl-stand-in.so', inputs, HEADERS, ['-shared']);
  // The machine may hide its GPUs, or may have fewer.
  return { AUSPEX_NCCL: library, AUSPEX_CUDART: library, CUDA_VISIBLE_DEVICES: '0,1,2,3,4,5,6,7' };
}

/** The program of device-ranks.cc: under AddressSanitizer and UndefinedBehaviorSanitizer, or as quick as it can be. */
export function deviceRanks(kind: 'sanitized' | 'quick'): string {
  const inputs = [path.join(sources, 'device-ranks.cc'), ...COLLECTIVES];
  const flags = kind === 'quick' ? ['-O2'] : ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  return build(`device-ranks-${kind}`, inputs, HEADERS, [...flags, '-fopenmp', '-march=x86-64-v3']);
}

/**
 * A program of this folder, and the library of operations that it loads, for the TensorFlow in `folder`: a wheel's `tensorflow/`, with
 * include/ and libtensorflow_{cc,framework}.so.2.
 */
export function onTensorFlow(
  name: 'tensorflow-ranks' | 'tensorflow-streams',
  folder: string,
): { readonly program: string; readonly operations: string } {
  const flags = [`-I${folder}/include`, `-L${folder}`, `-Wl,-rpath,${folder}`, '-w'];
  const framework = '-l:libtensorflow_framework.so.2';
  const source = path.join(kernels, 'tensorflow-ops.cc');
  const operations = build(
    'libauspex-tensorflow-ops.so',
    [source],
    HEADERS,
    ['-shared', '-fvisibility=hidden', ...flags],
    [framework],
  );
  const inputs = [path.join(sources, `${name}.cc`), ...COLLECTIVES];
  const libraries = ['-l:libtensorflow_cc.so.2', framework];
  const program = build(name, inputs, HEADERS, [...flags, '-fopenmp', '-march=x86-64-v3'], libraries);
  return { program, operations };
}
