import { spawnSync } from 'node:child_process';
import { packageRoot } from '../kernels/addon.ts';

/**
 * Runs TypeScript in a process of its own, for what a process does only once, such as loading a library.
 *
 * @param code a module; its imports begin at the root of the package
 * @returns what it printed, and then what it said on standard error
 */
export function inOwnProcess(code: string, environment: Readonly<Record<string, string>>): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    cwd: packageRoot,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  return stdout + stderr;
}
