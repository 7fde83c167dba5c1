/** Scripts of tests as single files: where a process is started hundreds of times, most of it would be to find and to load its modules. */
import path from 'node:path';
import { buildSync } from 'esbuild';
import { packageRoot } from '../kernels/addon.ts';

/** @returns the path of what was made of a script; packages stay where they are */
export function bundled(script: string): string {
  const outfile = path.join(packageRoot, 'build', 'tests', `${path.basename(script, '.ts')}.mjs`);
  buildSync({
    entryPoints: [script],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  return outfile;
}
