/** A copy of the project below build/, with its addon built under AddressSanitizer. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..');

/** @returns its folder */
export function buildSanitized(report: (line: string) => void): string {
  const copy = path.join(root, 'build', 'sanitized');
  report(`building the addon under AddressSanitizer in ${copy}`);
  mkdirSync(path.join(copy, 'build'), { recursive: true });
  const listed = spawnSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
  for (const file of listed) {
    if (existsSync(path.join(root, file))) {
      cpSync(path.join(root, file), path.join(copy, file), { preserveTimestamps: true });
    }
  }
  for (const shared of ['node_modules', path.join('build', 'dependencies')]) {
    rmSync(path.join(copy, shared), { force: true });
    symlinkSync(path.join(root, shared), path.join(copy, shared));
  }
  const flags = '-fsanitize=address -fno-omit-frame-pointer -g1';
  const env = { ...process.env, CXXFLAGS: flags, LDFLAGS: '-fsanitize=address' };
  const { status, stderr } = spawnSync(process.execPath, ['setup/install.mjs'], { cwd: copy, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the addon could not be built under AddressSanitizer:\n${stderr.slice(-4000)}`);
  return copy;
}
