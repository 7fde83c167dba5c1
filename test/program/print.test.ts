/** Listings say what is in the program and in its plan, each value where it lies. */
import assert from 'node:assert/strict';
import { planMemory } from '../../program/memory-plan.ts';
import { creates, reads } from '../../program/operations.ts';
import { describeProgram, printProgram } from '../../program/print.ts';
import { withRecompute } from '../../program/training-step.ts';
import { byteLength } from '../../program/values.ts';
import { smallStep } from './small-step.ts';
import { builderOf, oneOperation } from './tiny-program.ts';

describe('printing a program', () => {
  const program = withRecompute(smallStep(), {});
  const plan = planMemory(program);

  it('one line per operation, under a header', () => {
    const lines = printProgram(program, plan).split('\n');
    const header = lines.slice(0, lines.indexOf(''));
    const body = lines.slice(header.length + 1);
    assert.equal(body.length, program.operations.length);
    for (const [index, { unit, phase, kind, ...operation }] of program.operations.entries()) {
      assert.match(body[index]!, new RegExp(`^ *${index} +${unit} +${phase} +${kind}( |$)`));
      for (const id of creates(operation as never)) assert.ok(body[index]!.includes(program.values[id]!.name));
    }
    const { kind, unit } = program.operations[plan.peak.operation]!;
    const text = header.join('\n').replaceAll(',', '');
    for (const part of [
      `${program.operations.length} operations`,
      `${program.values.length} values`,
      `${plan.arenaBytes} bytes`,
      `${plan.persistentBytes} bytes`,
      `${plan.peak.liveBytes} bytes at operation ${plan.peak.operation} ${kind} of ${unit}`,
    ]) {
      assert.ok(text.includes(part), `"${part}" in\n${text}`);
    }
  });

  it('a line in full, without a plan and with one', () => {
    const tiny = oneOperation('squeeze', {
      inputs: {
        input: { name: 'x', dtype: 'bf16', shape: [8, 3] },
        mean: [3],
        variance: { role: 'state', shape: [3] },
      },
      outputs: { pooled: [2, 3] },
      attributes: { epsilon: 1e-5, activation: 'relu' },
    });
    const attributes = 'epsilon=0.00001 activation=relu';
    const last = (text: string) => text.split('\n').at(-1);
    assert.equal(
      last(printProgram(tiny)),
      `0  input  forward  squeeze  input=x bf16[8,3] mean=mean f32[3] variance=variance f32[3] -> pooled=pooled f32[2,3]  ${attributes}`,
    );
    assert.equal(
      last(printProgram(tiny, planMemory(tiny))),
      '0  input  forward  squeeze  input=x bf16[8,3]@0:48 mean=mean f32[3]@64:12 variance=variance f32[3]@+0:12 ' +
        `-> pooled=pooled f32[2,3]@128:24  ${attributes}`,
    );
  });

  it('lists of operands are cut to their ends', () => {
    const sgd = printProgram(program)
      .split('\n')
      .find((line) => line.includes(' sgd '))!;
    const parameters = program.values.filter(({ role }) => role === 'parameter');
    const bytes = parameters.reduce((sum, value) => sum + byteLength(value), 0).toLocaleString('en');
    assert.ok(sgd.includes(`parameters=${parameters.length} values, ${bytes} bytes: ${parameters[0]!.name} f32`), sgd);
    assert.ok(sgd.length < 1000);
  });

  it('as data: every operand with its value, and JSON gives it back', () => {
    const described = describeProgram(program, plan);
    assert.deepEqual(JSON.parse(JSON.stringify(described)), described);
    for (const [index, { operands, ...rest }] of described.operations.entries()) {
      const operation = program.operations[index]!;
      assert.equal(rest.kind, operation.kind);
      const names = (ids: readonly number[]) => ids.map((id) => program.values[id]!.name);
      const values = (created: boolean) =>
        operands.filter(({ access }) => (access === 'created') === created).map(({ value }) => value);
      assert.deepEqual(values(false), names(reads(operation)));
      assert.deepEqual(values(true), names(creates(operation)));
    }
    const counted = Object.values(described.counts.operations).reduce((sum, count) => sum + count, 0);
    assert.equal(counted, program.operations.length);
    assert.equal(described.memory?.arenaBytes, plan.arenaBytes);
  });

  it('without a plan there is nothing about memory', () => {
    assert.equal(describeProgram(program).memory, undefined);
    assert.doesNotMatch(printProgram(program), /arena|@/);
  });

  it('an empty program', () => {
    const empty = builderOf('nothing').program();
    assert.match(printProgram(empty, planMemory(empty)), /^nothing: 0 operations/);
  });
});
