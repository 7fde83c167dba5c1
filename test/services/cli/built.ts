/**
 * The command as users have it, built: hundreds of processes that tests start begin three times as fast as from sources. It is built anew
 * where a source is newer.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..', '..');
const FOLDERS = ['actors', 'checkpoints', 'data', 'evals', 'kernels', 'model', 'program', 'services', 'training'];

function newestSource(): number {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => path.join(root, folder, name)),
  );
  const others = ['errors.ts', 'index.ts'].map((name) => path.join(root, name));
  return Math.max(...[...files, ...others].map((file) => statSync(file).mtimeMs));
}

function builtCommand(): string {
  const built = statSync(path.join(root, 'dist', 'services', 'cli', 'main.js'), { throwIfNoEntry: false });
  if (!built || built.mtimeMs < newestSource()) {
    const { status, stdout } = spawnSync('npm', ['run', 'build'], { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`The command cannot be built:\n${stdout}`);
  }
  return path.join(root, 'services', 'cli', 'bin.js');
}

/** Its path, for Node. */
export const command = builtCommand();
