/** Builds the library that stands for NCCL and the CUDA runtime (stand-in.h), and says how a process loads it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';

const sources = import.meta.dirname;
const root = path.join(sources, '..', '..', '..', '..');
const FILES = ['cuda.cc', 'nccl.cc'].map((name) => path.join(sources, name));
const READ = [...FILES, path.join(sources, 'stand-in.h'), path.join(root, 'kernels', 'collectives', 'nccl-api.h')];

/**
 * What a process needs in its environment so that collectives by NCCL run on the stand-in. `CXXFLAGS` of this process are used
 * to build it, as they are for the addon.
 */
export function standInEnvironment(): Record<string, string> {
  const folder = path.join(root, 'build', 'nccl-stand-in');
  const library = path.join(folder, 'libnccl-stand-in.so');
  const built = existsSync(library) ? statSync(library).mtimeMs : 0;
  if (READ.some((file) => statSync(file).mtimeMs > built)) {
    mkdirSync(folder, { recursive: true });
    const made = path.join(folder, `${process.pid}.so`); // two test processes may build at once
    const flags = ['-std=c++17', '-O1', '-g1', '-fPIC', '-shared', '-Wall', '-Wextra', '-Werror'];
    const extra = (process.env['CXXFLAGS'] ?? '').split(' ').filter(Boolean);
    const compiler = process.env['CXX'] ?? 'c++';
    const { status, stderr } = spawnSync(compiler, [...flags, ...extra, '-o', made, ...FILES, '-lpthread'], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the stand-in for NCCL could not be built:\n${stderr}`);
    renameSync(made, library);
  }
  return { AUSPEX_NCCL: library, AUSPEX_CUDART: library };
}
