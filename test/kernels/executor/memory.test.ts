/** The memory plan is a promise: a step touches nothing beyond it, and has no use for less. */
import assert from 'node:assert/strict';
import { CompiledProgram } from '../../../kernels/executor.ts';
import { ALIGNMENT } from '../../../program/memory-plan.ts';
import type { Program } from '../../../program/program.ts';
import { STEP, withRecompute } from '../../../program/training-step.ts';
import { byteLength, isPersistent } from '../../../program/values.ts';
import { seed } from '../../program/random.ts';
import { smallStep, stepContents } from '../../program/small-step.ts';

const GUARD = { elements: 4096, bytes: 4 * 4096 };
/** Numbers that no kernel would write by chance. */
const pattern = Float32Array.from({ length: GUARD.elements }, (_, i) => -12345.5 - i);

/** The program and two values that nothing uses: one for the end of the arena, one for the end of the persistent region. */
function withGuards(program: Program): Program {
  const guard = (name: string, role: 'input' | 'state', position: number) => {
    const id = program.values.length + position;
    return { id, name, role, dtype: 'f32', shape: [GUARD.elements] } as const;
  };
  return {
    ...program,
    values: [...program.values, guard('arena guard', 'input', 0), guard('state guard', 'state', 1)],
  };
}

/** Compiled with the guards right behind what was promised to the program alone. */
function compileGuarded(program: Program, threads: number) {
  const { plan, workspaceBytes } = new CompiledProgram(program, { threads });
  const guarded = new CompiledProgram(withGuards(program), { threads });
  const offsets = [...plan.offsets, plan.arenaBytes, plan.persistentBytes];
  const regions = [...plan.regions, 'arena', 'persistent'];
  const { workspaceOffsets } = plan;
  const arenaBytes = plan.arenaBytes + GUARD.bytes;
  const persistentBytes = plan.persistentBytes + GUARD.bytes;
  Object.assign(guarded, { plan: { ...plan, offsets, regions, workspaceOffsets, arenaBytes, persistentBytes } });
  return { plan, workspaceBytes, executor: guarded.allocate() };
}

describe(`executor: memory (seed ${seed})`, () => {
  for (const precision of ['f32', 'bf16'] as const) {
    for (const threads of [1, 2]) {
      it(`${precision}, ${threads} threads: uses what was planned, to the byte`, async () => {
        const program = withRecompute(smallStep({ precision }), {});
        const { plan, workspaceBytes, executor } = compileGuarded(program, threads);

        // Nothing less would do: the outermost value or workspace ends where the region does.
        const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
        const used = program.operations.flatMap(({ inputs, outputs, updates }) =>
          [inputs, outputs, updates].flatMap((operands) => Object.values(operands).flat() as (number | undefined)[]),
        );
        const inUse = program.values.filter((value) => used.includes(value.id));
        const end = (persistent: boolean) =>
          Math.max(
            ...inUse
              .filter((value) => isPersistent(value) === persistent)
              .map((value) => plan.offsets[value.id]! + aligned(byteLength(value))),
          );
        const workspaceEnds = plan.workspaceOffsets.map((offset, i) => offset + aligned(workspaceBytes[i]!));
        assert.equal(Math.max(end(false), ...workspaceEnds), plan.arenaBytes);
        assert.equal(end(true), plan.persistentBytes);

        // Nothing more is touched.
        for (const name of ['arena guard', 'state guard']) executor.write(name, pattern);
        const contents = stepContents(program, seed);
        for (const [name, numbers] of Object.entries(contents)) executor.write(name, numbers);
        for (let step = 0; step < 2; step++) {
          executor.write(STEP.crops, contents[STEP.crops]!);
          executor.write(STEP.control, contents[STEP.control]!);
          await executor.run();
          assert.equal(executor.read(STEP.applied)[0], 1);
        }
        for (const name of ['arena guard', 'state guard']) assert.deepEqual(executor.read(name), pattern, name);
      });
    }
  }

  it("gives out a parameter's own bytes: what is written there is read, and they outlive the executor", async () => {
    const program = smallStep({ precision: 'f32' });
    const executor = new CompiledProgram(program, { threads: 1 }).allocate();
    const { name, shape } = program.values.find(({ role }) => role === 'parameter')!;
    const elements = shape.reduce((product, extent) => product * extent, 1);
    const numbers = Float32Array.from({ length: elements }, (_, i) => i + 0.5);
    const memory = executor.memory(name);
    memory.set(new Uint8Array(numbers.buffer));
    assert.deepEqual(executor.read(name), numbers);
    const output = program.values.find(({ role }) => role === 'output')!;
    assert.throws(() => executor.memory(output.name), /not in the persistent region/);
    executor.free();
    assert.equal(Buffer.compare(memory, new Uint8Array(numbers.buffer)), 0);
  });
});
