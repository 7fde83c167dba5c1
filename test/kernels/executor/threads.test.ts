/** The team that kernels count on, whatever the environment tells OpenMP. */
import assert from 'node:assert/strict';
import { inOwnProcess } from '../../in-own-process.ts';

/** The loss after two steps with so many threads. */
function lossOf(precision: string, threads: number, environment: Readonly<Record<string, string>> = {}): number {
  const code = `
    import { STEP, withRecompute } from './program/training-step.ts';
    import { smallStep, stepContents } from './test/program/small-step.ts';
    import { execute, run } from './test/program/tiny-program.ts';
    const program = withRecompute(smallStep({ precision: '${precision}' }), {});
    const contents = stepContents(program, 1);
    const executor = await execute(program, contents, { threads: ${threads} });
    await run(executor, { crops: contents[STEP.crops], control: contents[STEP.control] });
    console.log(executor.read(STEP.loss)[0]);`;
  const printed = inOwnProcess(code, environment);
  assert.match(printed, /^[\d.]+\n$/);
  return Number(printed);
}

describe('executor: threads', () => {
  for (const precision of ['f32', 'bf16']) {
    it(`${precision}: takes no more than OMP_THREAD_LIMIT allows`, () => {
      assert.equal(lossOf(precision, 2, { OMP_THREAD_LIMIT: '1' }), lossOf(precision, 1));
    });

    it(`${precision}: takes all of its threads, also with OMP_DYNAMIC and other work on the machine`, () => {
      assert.equal(lossOf(precision, 2, { OMP_DYNAMIC: 'true' }), lossOf(precision, 2));
    });
  }
});
