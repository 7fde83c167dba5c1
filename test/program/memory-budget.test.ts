/** The cheapest recomputation that fits, and the smallest budget where none does. */
import assert from 'node:assert/strict';
import { CompiledProgram } from '../../kernels/executor.ts';
import { BudgetError, fitBudget, type WorkspaceOf } from '../../program/memory-budget.ts';
import { planMemory } from '../../program/memory-plan.ts';
import type { Program } from '../../program/program.ts';
import { activationsByUnit } from '../../program/recompute.ts';
import { integer, seed, uniform } from './random.ts';
import { smallStep, stepContents } from './small-step.ts';
import { allocate, readAll, run } from './tiny-program.ts';

const deep = {
  stages: [
    { depth: 3, width: 16, groupWidth: 8 },
    { depth: 4, width: 28, groupWidth: 7 },
  ],
} as const;

/** Workspaces of random sizes that depend on the operation alone. */
function workspaces(start: number): WorkspaceOf {
  return ({ operations }) =>
    operations.map(({ kind, unit }) => integer(uniform(start + kind.length * 31 + unit.length), 0, 9000));
}

/** Workspaces that make one program large and another small, whatever it recomputes. */
function wildWorkspaces(start: number): WorkspaceOf {
  return ({ operations }) => {
    const random = uniform(start + operations.length);
    const most = integer(random, 0, 600_000);
    return operations.map(() => integer(random, 0, most));
  };
}

function budgetErrorOf(attempt: () => unknown): BudgetError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof BudgetError) return error;
    throw error;
  }
  return assert.fail('it fits');
}

describe(`memory budget (seed ${seed})`, () => {
  const program = smallStep({}, deep);
  const units = activationsByUnit(program).map(({ unit }) => unit);
  const workspaceOf = workspaces(seed);
  const smallest = (options = {}) => budgetErrorOf(() => fitBudget(program, 1, workspaceOf, options)).smallestBytes;

  it('what fits as it is stays as it is', () => {
    const { groups, normalised, program: same } = fitBudget(program, 2 ** 40, workspaceOf);
    assert.deepEqual([groups, normalised], [[units], false]);
    assert.equal(same, program);
  });

  it('any budget from the smallest on is kept, with contiguous groups; a larger one never recomputes more', () => {
    const random = uniform(seed);
    const least = smallest();
    const most = fitBudget(program, 2 ** 40, workspaceOf).totalBytes;
    let before = Number.POSITIVE_INFINITY;
    const budgets = [least, most, ...Array.from({ length: 20 }, () => integer(random, least, most))];
    for (const budget of budgets.sort((a, b) => a - b)) {
      const fitted = fitBudget(program, budget, workspaceOf);
      const plan = planMemory(fitted.program, workspaceOf(fitted.program));
      assert.deepEqual(fitted.plan, plan);
      assert.equal(fitted.totalBytes, plan.arenaBytes + plan.persistentBytes);
      assert.ok(fitted.totalBytes <= budget, `${fitted.totalBytes} <= ${budget}`);
      assert.deepEqual(fitted.groups.flat(), units);
      assert.ok(fitted.groups.every((group) => group.length > 0));
      const cost = fitted.groups.length + Number(fitted.normalised);
      assert.ok(cost <= before, 'a larger budget never recomputes more');
      before = cost;
      if (fitted.groups.length > 1) assert.ok(fitted.program.operations.some(({ phase }) => phase === 'recompute'));
    }
  });

  it('the smallest budget is sharp', () => {
    for (const options of [{}, { normalised: true }, { normalised: false }]) {
      for (const workspaces of [workspaceOf, ...[0, 1, 2].map((trial) => wildWorkspaces(seed + trial))]) {
        const least = budgetErrorOf(() => fitBudget(program, 1, workspaces, options)).smallestBytes;
        assert.equal(fitBudget(program, least, workspaces, options).totalBytes, least);
        const error = budgetErrorOf(() => fitBudget(program, least - 1, workspaces, options));
        assert.equal(error.code, 'BUDGET_TOO_SMALL');
        assert.equal(error.smallestBytes, least);
      }
    }
  });

  it('the error names the smallest budget and the operation at the peak', () => {
    const error = budgetErrorOf(() => fitBudget(program, 1000, workspaceOf));
    const { plan, program: fitted } = fitBudget(program, error.smallestBytes, workspaceOf);
    const { kind, unit } = fitted.operations[plan.peak.operation]!;
    for (const part of ['1000 bytes', `at least ${error.smallestBytes} bytes`, `${kind} of ${unit}`]) {
      assert.ok(error.message.includes(part), `"${part}" in "${error.message}"`);
    }
  });

  it('normalised maps are recomputed when asked, never when forbidden', () => {
    const normalised = fitBudget(program, 2 ** 40, workspaceOf, { normalised: true });
    assert.deepEqual([normalised.normalised, normalised.groups.length], [true, 1]);
    assert.ok(normalised.totalBytes < fitBudget(program, 2 ** 40, workspaceOf).totalBytes);
    const never = fitBudget(program, smallest({ normalised: false }), workspaceOf, { normalised: false });
    assert.equal(never.normalised, false);
    assert.ok(never.groups.length > 1);
    assert.ok(smallest() <= smallest({ normalised: false }));
  });

  it('no more groups are tried than are allowed', () => {
    const step = smallStep({}, deep);
    for (const mostGroups of [1, 2, 3]) {
      let tried = 0;
      const finish = (program: Program) => {
        tried += 1;
        return program;
      };
      const error = budgetErrorOf(() => fitBudget(step, 1, () => [], { normalised: true, mostGroups, finish }));
      assert.equal(tried, mostGroups);
      assert.ok(error.smallest.groups.length <= mostGroups);
      assert.equal(error.smallest.totalBytes, error.smallestBytes);
    }
  });

  it('a number of groups that is asked for is kept', () => {
    for (const groups of [1, 2, units.length]) {
      for (const normalised of [true, false]) {
        const fitted = fitBudget(program, Number.POSITIVE_INFINITY, workspaceOf, { groups, normalised });
        assert.deepEqual([fitted.groups.length, fitted.normalised], [groups, normalised]);
      }
    }
    const tooMany = { groups: units.length + 1 };
    assert.throws(() => fitBudget(program, 1e9, workspaceOf, tooMany), { code: 'INVALID_SPLIT' });
    assert.throws(() => fitBudget(program, 1, workspaceOf, { groups: 2 }), {
      code: 'BUDGET_TOO_SMALL',
      message: /2 groups/,
    });
  });

  it('programs that cannot fit are not asked for their workspaces before the end', () => {
    let asked = 0;
    const counting = (candidate: Program) => {
      asked += 1;
      return workspaceOf(candidate);
    };
    budgetErrorOf(() => fitBudget(program, 1, counting));
    assert.ok(asked >= 1 && asked < units.length, `${asked} of ${units.length}`);
  });

  it('holds for the real executor, which computes the same bits', async () => {
    const workspaceBytes = (candidate: Program) => new CompiledProgram(candidate, { threads: 1 }).workspaceBytes;
    const results = [];
    const least = budgetErrorOf(() => fitBudget(program, 1, workspaceBytes)).smallestBytes;
    for (const budget of [2 ** 40, least]) {
      const fitted = fitBudget(program, budget, workspaceBytes);
      const executor = allocate(fitted.program);
      assert.equal(executor.plan.arenaBytes + executor.plan.persistentBytes, fitted.totalBytes);
      await run(executor, stepContents(program, seed));
      results.push(readAll(executor));
    }
    assert.deepEqual(results[1], results[0]);
  });
});
