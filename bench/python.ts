/**
 * The Python environment of the peers that the benchmarks race: a virtual environment under bench/.python with exactly
 * the peers' requirements.txt, about 2.7 GB, made once.
 *
 * The requirements are installed one line at a time, so an interrupted run goes on where it stopped. The marker file,
 * written last, holds the hash of the requirements it was made from; another hash makes the environment anew.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { messageOf } from '../errors.ts';
import { packageRoot } from '../kernels/addon.ts';
import { BenchError } from './errors.ts';

export interface PreparePythonOptions {
  /** Where the environment goes. @default bench/.python in the package */
  readonly folder?: string;
  /** pip's requirements, every line complete by itself. @default requirements.txt of the peers */
  readonly requirements?: string;
  /** Called with one line per thing done. @default a line on standard error */
  readonly onProgress?: (line: string) => void;
}

export interface PythonEnvironment {
  /** The environment's interpreter. */
  readonly python: string;
}

/** The folder of the peers: `peers` in AUSPEX_SHARED, or in the folder `shared` beside the repository. */
export function peersFolder(): string {
  return path.join(process.env['AUSPEX_SHARED'] ?? path.resolve(packageRoot, '..', 'shared'), 'peers');
}

/**
 * Makes the environment, or finds it made.
 *
 * @throws BenchError PYTHON_MISSING, PEERS_MISSING, INSTALL_FAILED
 */
export async function preparePython(options: PreparePythonOptions = {}): Promise<PythonEnvironment> {
  const folder = options.folder ?? path.join(packageRoot, 'bench', '.python');
  const requirements = options.requirements ?? path.join(peersFolder(), 'requirements.txt');
  const report = options.onProgress ?? ((line) => process.stderr.write(`${line}\n`));
  const python = path.join(folder, 'bin', 'python');
  const marker = path.join(folder, '.requirements.sha256');
  const begun = path.join(folder, '.requirements.sha256.begun');

  const text = readRequirements(requirements);
  const hash = createHash('sha256').update(text).digest('hex');
  if (holds(marker, hash)) return { python };

  await requirePip();
  if (!holds(begun, hash)) {
    rmSync(folder, { recursive: true, force: true });
    report(`making a Python environment in ${folder}`);
    // Without pip of its own, so that Debian's python3-venv is not needed; the system's pip installs into it.
    await runOrThrow('python3', ['-m', 'venv', '--without-pip', folder], 'the virtual environment could not be made');
    await writeFile(begun, hash);
  }
  const lines = requirementLines(text);
  for (const [index, line] of lines.entries()) {
    report(`[${index + 1}/${lines.length}] ${line}`);
    const pip = ['-m', 'pip', '--python', python, '--disable-pip-version-check', '--no-input', '--quiet'];
    await runOrThrow('python3', [...pip, 'install', '--no-deps', line], `${line} could not be installed`);
  }
  await rename(begun, marker);
  return { python };
}

/** Installs a package into the environment, unless it is there. @throws BenchError INSTALL_FAILED */
export async function requirePackage(
  python: string,
  { module, requirement }: { readonly module: string; readonly requirement: string },
): Promise<void> {
  if ((await run(python, ['-c', `import ${module}`])).status === 0) return;
  const pip = ['-m', 'pip', '--python', python, '--disable-pip-version-check', '--no-input', '--quiet'];
  await runOrThrow('python3', [...pip, 'install', '--no-deps', requirement], `${requirement} could not be installed`);
}

/** The requirements without comments and empty lines, in order. */
export function requirementLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

function readRequirements(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new BenchError(
      'PEERS_MISSING',
      `The peers' requirements could not be read: ${messageOf(error)}. ` +
        'Put the folder shared/ beside the repository, or name it by AUSPEX_SHARED.',
      { cause: error },
    );
  }
}

function holds(file: string, hash: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8') === hash;
}

/** pip 22.3 was the first with --python. */
async function requirePip(): Promise<void> {
  const { status, output } = await run('python3', ['-m', 'pip', '--version']);
  const version = /^pip (\d+)\.(\d+)/m.exec(output);
  if (status === 0 && version && Number(version[1]) * 100 + Number(version[2]) >= 2203) return;
  throw new BenchError(
    'PYTHON_MISSING',
    `The peers need Python 3 with pip 22.3 or newer (python3 -m pip --version: ${output.trim() || `exit ${status}`}). ` +
      'Install them with: sudo apt-get install -y python3 python3-pip',
  );
}

async function runOrThrow(command: string, args: readonly string[], failure: string): Promise<void> {
  const { status, output } = await run(command, args);
  if (status === 0) return;
  throw new BenchError(
    'INSTALL_FAILED',
    `For the peers' Python environment, ${failure} (${command} ${args.join(' ')} ended with ${status}):\n` +
      `${output.trim()}\nCheck the connection to the package index and the free disk space (3 GB), then run again: ` +
      'what is installed already is kept.',
  );
}

/** Runs a command to its end; `status` is its exit code, or the reason why it has none. */
function run(command: string, args: readonly string[]): Promise<{ status: number | string; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => lines.push(line));
    }
    child.on('error', (error) => resolve({ status: messageOf(error), output: lines.join('\n') }));
    child.on('close', (code, signal) => resolve({ status: code ?? signal ?? 'no status', output: lines.join('\n') }));
  });
}
