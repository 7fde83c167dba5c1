/**
 * One step of a small network in bf16, as a process of its own; prints its loss. A file named by the first argument takes the place of
 * the second after this process has read it, as if another one had measured meanwhile.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { hasBf16 } from '../../kernels/executor.ts';
import { STEP, withRecompute } from '../../program/training-step.ts';
import { smallStep, stepContents } from '../program/small-step.ts';
import { execute } from '../program/tiny-program.ts';

const [from, to] = process.argv.slice(2);
if (from !== undefined && to !== undefined) {
  hasBf16();
  mkdirSync(path.dirname(to), { recursive: true });
  copyFileSync(from, to);
}

const program = withRecompute(smallStep({ precision: 'bf16' }), {});
const executor = await execute(program, stepContents(program, 1));
console.log(executor.read(STEP.loss)[0]);
