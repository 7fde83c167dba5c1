import assert from 'node:assert/strict';
import {
  type CollapseAlarm,
  collapseAlarm,
  describeCollapse,
  startCollapseAlarm,
} from '../../../training/quality/collapse-alarm.ts';

describe('collapse alarm', () => {
  const lnK = Math.log(128);
  const start = startCollapseAlarm(128, { patience: 100, window: 10 });
  const advance = (state: CollapseAlarm, steps: number, loss: (step: number) => number) =>
    Array.from({ length: steps }, (_, step) => loss(step)).reduce(collapseAlarm, state);

  it('goes off after the patience, not before, when the loss stays at ln K', () => {
    const noisy = (step: number) => lnK * (1 + 0.004 * Math.sin(step));
    assert.equal(advance(start, 100, noisy).kind, 'stuck');
    assert.equal(advance(start, 101, noisy).kind, 'collapsed');
    assert.match(describeCollapse(advance(start, 101, noisy)), /4\.85.*128 prototypes.*101 steps/);
  });

  it('stays silent when the loss leaves ln K in time', () => {
    const state = advance(start, 300, (step) => (step < 80 ? lnK : lnK * 0.7));
    assert.deepEqual([state.kind, state.stepsStuck], ['learning', 0]);
  });

  it('also sees a model that had learned and then collapsed', () => {
    const learned = advance(start, 500, (step) => lnK - step * 0.005);
    assert.equal(learned.kind, 'learning');
    assert.equal(advance(learned, 200, () => lnK).kind, 'collapsed');
  });

  it('takes a loss above ln K for no better', () => {
    assert.equal(advance(start, 150, () => lnK * 1.5).kind, 'collapsed');
  });

  it('is not reset by one lucky batch, and ends once the model learns', () => {
    const lucky = advance(start, 150, (step) => (step === 60 ? lnK * 0.95 : lnK));
    assert.equal(lucky.kind, 'collapsed');
    assert.equal(advance(lucky, 60, () => lnK * 0.8).kind, 'learning');
  });

  it('ignores losses of steps that were not applied, and survives JSON', () => {
    const state = advance(start, 20, () => lnK);
    assert.equal(collapseAlarm(state, Number.NaN), state);
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
  });
});
