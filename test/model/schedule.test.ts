import assert from 'node:assert/strict';
import { type LearningRateSchedule, learningRate } from '../../model/schedule.ts';

const schedule: LearningRateSchedule = {
  start: 0.1,
  peak: 1,
  end: 0.01,
  warmupIterations: 10,
  iterations: 100,
  cosine: 'restart',
};

describe('learningRate', () => {
  it('starts at the start, peaks when the warm-up ends, and stays at the end', () => {
    assert.equal(learningRate(schedule, 0), 0.1);
    assert.equal(learningRate(schedule, 10), 1);
    assert.equal(learningRate(schedule, 100), 0.01);
    assert.equal(learningRate(schedule, 5000), 0.01);
  });

  it('needs no warm-up', () => {
    assert.equal(learningRate({ ...schedule, warmupIterations: 0 }, 0), 1);
  });

  it('joins a cosine that began with the training', () => {
    const joined = learningRate({ ...schedule, cosine: 'joined' }, 10);
    assert.ok(joined < 1 && joined > 0.95, `${joined}`);
  });

  it('a warm-up may fill the whole training, but not exceed it', () => {
    assert.equal(learningRate({ ...schedule, warmupIterations: 100 }, 50), 0.55);
    assert.throws(() => learningRate({ ...schedule, warmupIterations: 101 }, 0), {
      code: 'INVALID_SCHEDULE',
      message: /a warm-up of 101 iterations does not fit a training of 100/,
    });
  });
});
