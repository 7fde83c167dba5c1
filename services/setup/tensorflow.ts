/**
 * `auspex setup tensorflow`: libtensorflow out of its wheel, and the binding of @tensorflow/tfjs-node-gpu and our operations by
 * which ranks exchange, built against it.
 *
 *   <cache>/tensorflow/cpu-2.18.1-4.22.0/
 *     tensorflow/   libtensorflow_{cc,framework}.so.2, include/, and for GPUs links to CUDA's libraries
 *     nvidia/       CUDA's libraries, for GPUs
 *     operations/   libauspex-tensorflow-ops-VERSION.so, of the sources of this Auspex
 *     binding/      the npm package's sources; deps/ leads to tensorflow/, build/ holds the module
 *     set-up.json   written last
 *
 * The package's own JavaScript, and the hundred packages that it needs, are not installed: only its binding is used.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { packageRoot } from '../../kernels/addon.ts';
import {
  BINDING_VERSION,
  type Build,
  OPERATION_SOURCES,
  placeOf,
  readStamp,
  type Stamp,
  TENSORFLOW_VERSION,
  type TensorFlowPlace,
} from '../../kernels/tensorflow/place.ts';
import { SetupError } from './errors.ts';
import { fetchBinding, fetchWheel, wheelsOf } from './packages.ts';
import { runTool, tailOf } from './run-tool.ts';

export type SetupStage = 'fetch wheels' | 'unpack' | 'fetch binding' | 'build binding' | 'build operations' | 'check';

export interface SetupOptions {
  readonly build: Build;
  /** Again, even if it is there. @default false */
  readonly force?: boolean;
  /** Before each stage; `done` of `total` parts of it are over. */
  onProgress?(stage: SetupStage, done: number, total: number): void;
}

export interface SetupResult {
  readonly build: Build;
  readonly folder: string;
  readonly tensorflow: string;
  readonly binding: string;
  /** Whether there was nothing to do. */
  readonly wasThere: boolean;
  /** Whether TensorFlow sees a GPU; null where nobody looked, since all was there. */
  readonly seesGpu: boolean | null;
}

/** @throws SetupError */
export async function setUpTensorFlow({ build, force, onProgress }: SetupOptions): Promise<SetupResult> {
  const place = placeOf(build);
  const versions = { build, folder: place.folder, tensorflow: TENSORFLOW_VERSION, binding: BINDING_VERSION };
  const isThere = !force && readStamp(place) !== undefined;
  if (isThere && existsSync(place.operations)) return { ...versions, wasThere: true, seesGpu: null };
  requireSystem();
  await requireTools();
  if (isThere && hasHeaders(place.folder)) {
    // Set up by an Auspex with other operations.
    onProgress?.('build operations', 0, 1);
    await buildOperations(place.folder, place.operations);
    return { ...versions, wasThere: false, seesGpu: null };
  }
  const parent = path.dirname(place.folder);
  mkdirSync(parent, { recursive: true });
  // Made beside its place and moved there at the end: what is there is whole.
  const partial = mkdtempSync(path.join(parent, '.partial-'));
  try {
    const seesGpu = await fill(partial, place, onProgress ?? (() => undefined));
    writeFileSync(
      path.join(partial, path.basename(place.stamp)),
      JSON.stringify({ tensorflow: TENSORFLOW_VERSION, binding: BINDING_VERSION, build } satisfies Stamp),
    );
    // A temporary folder is its maker's alone; what is set up once, in an image too, is for every user.
    chmodSync(partial, 0o777 & ~process.umask());
    replace(place, partial);
    return { ...versions, wasThere: false, seesGpu };
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function replace({ folder }: TensorFlowPlace, partial: string): void {
  const old = `${partial}-old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(partial, folder);
  rmSync(old, { recursive: true, force: true });
}

function requireSystem(): void {
  if (process.platform === 'linux' && process.arch === 'x64') return;
  throw new SetupError(
    'SETUP_UNSUPPORTED',
    `TensorFlow is set up on Linux on x86-64 only; this is ${process.platform} on ${process.arch}. Nothing else needs it.`,
  );
}

async function requireTools(): Promise<void> {
  const tools: readonly (readonly [package_: string, command: string, ...args: string[]])[] = [
    ['python3-pip', 'python3', '-m', 'pip', '--version'],
    ['g++', process.env['CXX'] ?? 'c++', '--version'],
    ['make', 'make', '--version'],
    ['npm', 'npm', '--version'],
    ['tar', 'tar', '--version'],
  ];
  const missing: string[] = [];
  for (const [name, command, ...args] of tools) {
    if ((await runTool(command, args)).status !== 0) missing.push(name);
  }
  if (missing.length === 0) return;
  throw new SetupError(
    'SETUP_TOOL_MISSING',
    `The set-up needs ${missing.join(', ')}. Install with: sudo apt-get install -y ${missing.join(' ')}`,
  );
}

async function fill(
  folder: string,
  { build, operations }: TensorFlowPlace,
  tell: NonNullable<SetupOptions['onProgress']>,
): Promise<boolean> {
  const downloads = path.join(folder, 'downloads');
  mkdirSync(downloads);
  const requirements = wheelsOf(build);
  const wheels: string[] = [];
  for (const [i, requirement] of requirements.entries()) {
    tell('fetch wheels', i, requirements.length);
    wheels.push(await fetchWheel(requirement, downloads));
  }
  for (const [i, wheel] of wheels.entries()) {
    tell('unpack', i, wheels.length);
    await unpackWheel(wheel, folder);
  }
  linkLibraries(folder);
  tell('fetch binding', 0, 1);
  await unpackBinding(await fetchBinding(downloads), folder);
  rmSync(downloads, { recursive: true });
  tell('build binding', 0, 1);
  const module = await buildBinding(path.join(folder, 'binding'));
  tell('build operations', 0, 1);
  await buildOperations(folder, path.join(folder, 'operations', path.basename(operations)));
  tell('check', 0, 1);
  return checkModule(module);
}

/** Unpacks headers and libraries: three quarters of a wheel are Python. Its programs, such as ptxas, stay ones that can be run. */
const UNPACK = `
import os, re, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.startswith(('tensorflow/include/', 'tensorflow/libtensorflow_', 'nvidia/')):
            path = wheel.extract(name, sys.argv[2])
            if re.match('nvidia/[^/]+/bin/', name):
                os.chmod(path, 0o755)
`;

/** @throws SetupError SETUP_FETCH_FAILED */
export async function unpackWheel(wheel: string, folder: string): Promise<void> {
  const { status, output } = await runTool('python3', ['-c', UNPACK, wheel, folder]);
  if (status === 0) return;
  throw new SetupError(
    'SETUP_FETCH_FAILED',
    `${path.basename(wheel)} could not be unpacked into ${folder}: ${tailOf(output)}. Check the free disk space.`,
  );
}

/**
 * Under the names that the binding links. TensorFlow looks for CUDA's libraries in its own folder, so they are linked there, and
 * not as Python lays them out.
 */
function linkLibraries(folder: string): void {
  const own = path.join(folder, 'tensorflow');
  const framework = path.join(own, 'libtensorflow_framework.so.2');
  const library = path.join(own, 'libtensorflow_cc.so.2');
  if (!existsSync(framework) || !existsSync(library)) {
    throw new SetupError(
      'SETUP_FETCH_FAILED',
      `The wheel of TensorFlow ${TENSORFLOW_VERSION} has no libtensorflow_cc.so.2.`,
    );
  }
  for (const name of ['libtensorflow.so', 'libtensorflow.so.2.9.1']) {
    symlinkSync('libtensorflow_cc.so.2', path.join(own, name));
  }
  symlinkSync('libtensorflow_framework.so.2', path.join(own, 'libtensorflow_framework.so'));
  const cuda = path.join(folder, 'nvidia');
  if (!existsSync(cuda)) return;
  for (const part of readdirSync(cuda)) {
    const libraries = path.join(cuda, part, 'lib');
    if (!existsSync(libraries)) continue;
    for (const name of readdirSync(libraries).filter((file) => /\.so(\.|$)/.test(file))) {
      const link = path.join(own, name);
      if (!existsSync(link)) symlinkSync(path.join('..', 'nvidia', part, 'lib', name), link);
    }
  }
}

async function unpackBinding(archive: string, folder: string): Promise<void> {
  const binding = path.join(folder, 'binding');
  mkdirSync(binding);
  const { status, output } = await runTool('tar', ['-xzf', archive, '-C', binding, '--strip-components=1']);
  if (status !== 0) throw new SetupError('SETUP_FETCH_FAILED', `${archive} could not be unpacked: ${tailOf(output)}.`);
  const deps = path.join(binding, 'deps');
  mkdirSync(deps);
  symlinkSync('../../tensorflow', path.join(deps, 'lib'));
  symlinkSync('../../tensorflow/include', path.join(deps, 'include'));
}

/** @returns the module. */
async function buildBinding(binding: string): Promise<string> {
  const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  const settings = [
    '--napi_build_version=8',
    '--module_name=tfjs_binding',
    `--module_path=${path.join(binding, 'lib')}`,
  ];
  const args = [nodeGyp, 'configure', 'build', '--loglevel=warn', ...nodeHeaders(), ...settings];
  const { status, output } = await runTool(process.execPath, args, { cwd: binding });
  const module = path.join(binding, 'build', 'Release', 'tfjs_binding.node');
  if (status === 0 && existsSync(module)) return module;
  throw new SetupError(
    'SETUP_BUILD_FAILED',
    `The binding could not be built (node-gyp ended with ${status}): ${tailOf(output)}`,
  );
}

/** What operations need besides what the binding does; set-ups of earlier versions lack it. */
function hasHeaders(folder: string): boolean {
  return existsSync(path.join(folder, 'tensorflow', 'include', 'absl'));
}

/** @param target the library, which appears when it is whole */
async function buildOperations(folder: string, target: string): Promise<void> {
  const tensorflow = path.join(folder, 'tensorflow');
  const made = `${target}.${process.pid}`;
  mkdirSync(path.dirname(target), { recursive: true });
  const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-w'];
  const library = [`-L${tensorflow}`, '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/../tensorflow'];
  const args = [...flags, `-I${tensorflow}/include`, '-o', made, OPERATION_SOURCES[0]!, ...library];
  const { status, output } = await runTool(process.env['CXX'] ?? 'c++', args);
  if (status !== 0) {
    rmSync(made, { force: true });
    throw new SetupError(
      'SETUP_BUILD_FAILED',
      `The operations by which ranks exchange could not be built (the compiler ended with ${status}): ${tailOf(output)}`,
    );
  }
  renameSync(made, target);
}

/** Node's headers beside its binary, or those that the installation of Auspex laid out; else node-gyp fetches them. */
function nodeHeaders(): string[] {
  const folders = [path.resolve(process.execPath, '..', '..'), path.join(packageRoot, 'build', 'dependencies', 'node')];
  const found = folders.find((folder) => existsSync(path.join(folder, 'include', 'node', 'common.gypi')));
  return found ? [`--nodedir=${found}`] : [];
}

/** In a process of its own: what goes wrong there may end it. @returns whether it sees a GPU */
async function checkModule(module: string): Promise<boolean> {
  const code = `const b = require(${JSON.stringify(module)}); console.log(JSON.stringify([b.TF_Version, b.isUsingGpuDevice()]))`;
  const { status, stdout, output } = await runTool(process.execPath, ['-e', code]);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (status === 0 && line.startsWith('[')) {
    const [version, seesGpu] = JSON.parse(line) as [string, boolean];
    if (version === TENSORFLOW_VERSION) return seesGpu;
    throw new SetupError(
      'SETUP_BUILD_FAILED',
      `The binding loads TensorFlow ${version} instead of ${TENSORFLOW_VERSION}.`,
    );
  }
  throw new SetupError('SETUP_BUILD_FAILED', `The binding was built and does not load: ${tailOf(output)}`);
}
