import assert from 'node:assert/strict';
import type { MachinePeaks } from '../../../kernels/machine-peaks.ts';
import { operationCost, totalCost } from '../../../program/operation-cost.ts';
import { isCommunication } from '../../../program/operations.ts';
import { profileOf } from '../../../training/profile/step-profile.ts';
import { smallStep } from '../../program/small-step.ts';
import { oneOperation } from '../../program/tiny-program.ts';
import { inventedStep, rankProgram, secondsOfOperation } from './invented-steps.ts';

/** 1000 f32 and 4000 bf16 operations a second, 100 bytes a second. */
const PEAKS: MachinePeaks = { f32: 1000, bf16: 4000, bytes: 100 };

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 1e-6 * Math.abs(expected) + 1e-6, `${actual}, not ${expected}`);
}

describe('profile of a step', () => {
  const program = smallStep();
  const steps = [1e-3, 4e-3, 2e-3].map((pace) => inventedStep(program, pace));
  const profile = profileOf(program, steps, PEAKS, 4);

  it('takes medians over the steps', () => {
    for (const [index, { milliseconds }] of profile.operations.entries()) {
      near(milliseconds, 1000 * secondsOfOperation(index, 2e-3));
    }
    near(profile.stepMilliseconds, 1000 * (steps[2]!.end - steps[2]!.begin));
    near(profile.imagesPerSecond, 4 / (steps[2]!.end - steps[2]!.begin));
    near(profile.outside[0]!.milliseconds, 2);
    // A pause after each operation, and what is beside the program at both ends.
    near(profile.outsideMilliseconds, 2 * (2 + program.operations.length / 4));
    near(profile.loaderMilliseconds!, 1000 * (steps[2]!.loading[0]!.end - steps[2]!.loading[0]!.begin));
  });

  it('has every operation in one row of each table, the longest row first', () => {
    const whole = totalCost(program.operations.map((operation) => operationCost(program, operation)));
    for (const rows of [profile.byKind, profile.byUnit]) {
      const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
      assert.equal(
        sum(({ operations }) => operations),
        program.operations.length,
      );
      assert.equal(
        sum(({ multiplyAdds }) => multiplyAdds),
        whole.multiplyAdds,
      );
      assert.equal(
        sum(({ bytesRead }) => bytesRead),
        whole.bytesRead,
      );
      near(
        sum(({ milliseconds }) => milliseconds),
        profile.total.milliseconds,
      );
      near(
        sum(({ limitMilliseconds }) => limitMilliseconds),
        profile.total.limitMilliseconds,
      );
      const times = rows.map(({ milliseconds }) => milliseconds);
      assert.deepEqual(
        times,
        [...times].sort((one, other) => other - one),
      );
    }
    near(profile.timesLimit, profile.stepMilliseconds / profile.total.limitMilliseconds);
  });

  it('tells convolutions apart by kernel, stride and group width, and phases from one another', () => {
    const rows = profile.byKind.map(({ name, phase }) => `${name} (${phase})`);
    for (const row of [
      'convolution 3x3 /2 (forward)',
      'convolution 3x3 /2, groups of 8 (forward)',
      'convolution 3x3 /2, groups of 7 (forward)',
      'convolutionBackwardWeights 1x1 /2 (backward)',
      'linear (forward)',
    ]) {
      assert.ok(rows.includes(row), `${row} in ${rows.join(', ')}`);
    }
    assert.equal(new Set(rows).size, rows.length);
  });
});

describe("an operation's limit", () => {
  const limitOf = (dtype: 'f32' | 'bf16', peaks: MachinePeaks = PEAKS) => {
    const grids = [{ images: 1, height: 2, width: 2 }];
    const map = { dtype, grids, shape: [4, 3] };
    const program = oneOperation('convolution', {
      inputs: { input: map, weight: [3, 3, 1, 1] },
      outputs: { output: map },
      attributes: { kernel: 1, stride: 1, groups: 1 },
    });
    return profileOf(program, [inventedStep(program)], peaks, 1).operations[0]!;
  };

  it('is its arithmetic or its traffic, whichever takes longer', () => {
    // 36 multiply-adds; two maps of 48 bytes and weights of 36.
    const { arithmeticMilliseconds, trafficMilliseconds, limitMilliseconds } = limitOf('f32');
    assert.deepEqual([arithmeticMilliseconds, trafficMilliseconds, limitMilliseconds], [72, 1320, 1320]);
    assert.equal(limitOf('f32', { ...PEAKS, bytes: 1e6 }).limitMilliseconds, 72);
  });

  it('takes the peak of bf16 where maps are bf16 and the machine has it', () => {
    assert.equal(limitOf('bf16').arithmeticMilliseconds, 18);
    assert.equal(limitOf('bf16', { ...PEAKS, bf16: null }).arithmeticMilliseconds, 72);
  });
});

describe('profile of a rank', () => {
  it('keeps what runs beside the computation apart from it', () => {
    const program = rankProgram();
    const profile = profileOf(program, [inventedStep(program)], PEAKS, 4);
    const numCommunications = program.operations.filter(isCommunication).length;
    assert.ok(numCommunications > 10);
    assert.equal(profile.communication.length, numCommunications);
    assert.equal(profile.operations.length, program.operations.length - numCommunications);
    for (const { milliseconds, kind } of profile.communication) {
      near(milliseconds, 2);
      assert.match(kind, /^(allGather|reduceScatter|allReduce)$/);
    }
  });
});
