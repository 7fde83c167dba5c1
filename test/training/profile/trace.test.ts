import assert from 'node:assert/strict';
import { isCommunication } from '../../../program/operations.ts';
import { type Trace, traceOf } from '../../../training/profile/trace.ts';
import { smallStep } from '../../program/small-step.ts';
import { checkTrace } from './check-trace.ts';
import { inventedStep, rankProgram } from './invented-steps.ts';

describe('trace of a step', () => {
  const program = smallStep();
  const tracks = checkTrace(traceOf(program, inventedStep(program)));

  it('has a track for the step, the computation and the loader, and none for communication that was not', () => {
    assert.deepEqual([...tracks.keys()], ['step', 'compute', 'loader']);
  });

  it('begins at 0 and shows every operation within its unit, with what it costs', () => {
    const compute = tracks.get('compute')!;
    assert.equal(tracks.get('step')![0]!.ts, 0);
    const operations = compute.filter(({ cat }) => cat !== 'unit');
    assert.deepEqual(
      operations.map(({ args }) => args['index']),
      [...program.operations.keys()],
    );
    const units = compute.filter(({ cat }) => cat === 'unit').map(({ name }) => name);
    assert.equal(units[0], 'input forward');
    assert.equal(units.at(-1), 'update update');
    assert.ok(units.includes('s1.b1 backward'));
    const convolution = operations.find(({ name }) => name.startsWith('convolution 3x3'))!;
    assert.ok((convolution.args['multiplyAdds'] as number) > 0);
  });

  it('shows the loader beyond the end of the step', () => {
    const [step, loading] = [tracks.get('step')![0]!, tracks.get('loader')![0]!];
    assert.ok(loading.ts + loading.dur > step.ts + step.dur);
  });

  it('does not pass with a stretch that ends outside of the one around it', () => {
    const { traceEvents, displayTimeUnit } = traceOf(program, inventedStep(program));
    const longer = traceEvents.map((event) =>
      event.ph === 'X' && event.args['index'] === 7 ? { ...event, dur: event.dur + 1e6 } : event,
    );
    assert.throws(() => checkTrace({ displayTimeUnit, traceEvents: longer } satisfies Trace), /ends after/);
  });
});

describe('trace of a rank', () => {
  it('shows gathers and reductions on a track of their own', () => {
    const program = rankProgram();
    const tracks = checkTrace(traceOf(program, inventedStep(program)));
    assert.deepEqual([...tracks.keys()], ['step', 'compute', 'communication', 'loader']);
    const shown = tracks.get('communication')!.map(({ args }) => args['index']);
    const expected = [...program.operations.keys()].filter((index) => isCommunication(program.operations[index]!));
    assert.deepEqual(shown, expected);
    const computed = tracks.get('compute')!.map(({ args }) => args['index']);
    assert.ok(expected.every((index) => !computed.includes(index)));
  });
});
