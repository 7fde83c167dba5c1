/** Prometheus' own tool, where this machine has it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../kernels/addon.ts';

const unpacked = path.join(packageRoot, 'build', 'dependencies', 'prometheus', 'usr', 'bin', 'promtool');
const promtool = existsSync(unpacked) ? unpacked : 'promtool';

/** Why there is none, or undefined. */
export function whyNoPromtool(): string | undefined {
  return spawnSync(promtool, ['--version']).error ? 'there is no promtool (package prometheus)' : undefined;
}

/** @returns what it says against the input; nothing where it is content */
export function checkWithPromtool(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(promtool, args, { input, encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}` || `exit code ${status}`;
}
