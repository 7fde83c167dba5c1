/** training.memoryBudget and training.recomputeGroups act, and change nothing but memory and time. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { BudgetError } from '../../program/memory-budget.ts';
import { compileStep } from '../../training/step.ts';
import { outcome, runTraining, temporaryFolder, tinyConfig, writePhotos } from './tiny-training.ts';

describe('train: memory budget', () => {
  const temporary = temporaryFolder();
  const data = path.join(temporary.path, 'photos');
  before(() => writePhotos(data, 12));
  after(() => temporary.remove());

  const bytesOf = (...set: string[]) => {
    const { arenaBytes, persistentBytes } = compileStep(tinyConfig(data, 'unused', ...set)).plan;
    return arenaBytes + persistentBytes;
  };
  const trained = async (...set: string[]) => {
    const out = path.join(temporary.path, `run-${set.join('-')}`);
    const { events, result } = await runTraining(tinyConfig(data, out, 'training.iterations=4', ...set));
    const [start] = events;
    assert.ok(start?.kind === 'start');
    const { arenaBytes, persistentBytes } = start.memory;
    return { bytes: arenaBytes + persistentBytes, outcome: outcome(out, result.checkpoint!) };
  };
  const smallest = () => {
    try {
      return bytesOf('training.memoryBudget=1');
    } catch (error) {
      assert.ok(error instanceof BudgetError && error.code === 'BUDGET_TOO_SMALL');
      assert.match(error.message, new RegExp(`Give at least ${error.smallestBytes} bytes`));
      return error.smallestBytes;
    }
  };

  it('is kept, with the same bits as without one', async () => {
    const free = await trained();
    const tight = await trained(`training.memoryBudget=${smallest()}`);
    assert.ok(tight.bytes < free.bytes, `${tight.bytes} < ${free.bytes}`);
    assert.equal(tight.bytes, smallest());
    assert.deepEqual(tight.outcome, free.outcome);
    const groups = await trained('training.recomputeGroups=2');
    assert.deepEqual(groups.outcome, free.outcome);
  });

  it('takes no group more than it needs', () => {
    assert.equal(bytesOf(`training.memoryBudget=${bytesOf()}`), bytesOf());
    assert.equal(bytesOf('training.recomputeGroups=none'), bytesOf());
    assert.ok(bytesOf(`training.memoryBudget=${bytesOf() - 1}`) < bytesOf());
  });

  it('is refused where nothing would do, before a run folder is touched', async () => {
    const out = path.join(temporary.path, 'refused');
    const config = tinyConfig(data, out, `training.memoryBudget=${smallest() - 1}`);
    await assert.rejects(runTraining(config), { code: 'BUDGET_TOO_SMALL' });
    await assert.doesNotReject(runTraining(tinyConfig(data, out, 'training.iterations=1')));
  });

  it('with a number of groups that the trunk cannot have, says so', () => {
    assert.throws(() => bytesOf('training.recomputeGroups=99'), { code: 'INVALID_SPLIT', message: /into 99 groups/ });
  });
});
