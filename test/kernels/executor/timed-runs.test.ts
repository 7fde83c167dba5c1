/** Timed runs: when each operation ran, on the clock of the process, without a change to what comes out. */
import assert from 'node:assert/strict';
import { seed } from '../../program/random.ts';
import { smallStep, stepContents } from '../../program/small-step.ts';
import { allocate, readAll } from '../../program/tiny-program.ts';
import { onEveryExecutor } from '../executors.ts';

onEveryExecutor(`executor: timed runs (seed ${seed})`, () => {
  const program = smallStep();
  const contents = stepContents(program, seed);
  const seconds = () => Number(process.hrtime.bigint()) / 1e9;
  const written = () => {
    const executor = allocate(program);
    for (const [name, numbers] of Object.entries(contents)) executor.write(name, numbers);
    return executor;
  };

  it('operations follow one another within the run', async () => {
    const executor = written();
    let before = seconds();
    const { computed, communicated } = await executor.runTimed();
    const after = seconds();
    assert.equal(computed.length, 2 * program.operations.length);
    for (let i = 0; i < program.operations.length; i++) {
      const [begin, end] = [computed[2 * i]!, computed[2 * i + 1]!];
      assert.ok(before <= begin && begin <= end && end <= after, `operation ${i}`);
      before = end;
    }
    assert.ok(communicated.every((second) => second === 0));
  });

  it('leaves out what did not run', async () => {
    const { computed } = await written().runTimed(1, 3);
    const ran = program.operations.map((_, i) => computed[2 * i]! > 0);
    assert.deepEqual(
      ran,
      program.operations.map((_, i) => i === 1 || i === 2),
    );
  });

  it('give the same bits as others', async () => {
    const [timed, plain] = [written(), written()];
    await timed.runTimed();
    await plain.run();
    assert.deepEqual(readAll(timed), readAll(plain));
  });
});
