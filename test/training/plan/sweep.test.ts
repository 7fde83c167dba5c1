/** Sweeps, the front of a sweep, the paper's tables, and what calibration makes of measurements. */
import assert from 'node:assert/strict';
import type { OperationSample } from '../../../program/simulator/device.ts';
import { loadConfig } from '../../../training/config/config.ts';
import { clusterOf } from '../../../training/plan/cluster.ts';
import { findDevice } from '../../../training/plan/devices.ts';
import { fitLine } from '../../../training/plan/fit-line.ts';
import { table14, table15, table16 } from '../../../training/plan/paper-tables.ts';
import { thinned } from '../../../training/plan/samples.ts';
import { paretoFront, type SweptPlan, sweep } from '../../../training/plan/sweep.ts';
import { integer, seed, uniform } from '../../program/random.ts';

const a100 = findDevice('a100-40', '/nowhere');

describe(`sweep (seed ${seed})`, () => {
  it('its front is what nothing beats', () => {
    const random = uniform(seed);
    for (let round = 0; round < 50; round++) {
      const points = Array.from({ length: integer(random, 1, 30) }, () => {
        const plan = { days: integer(random, 1, 12), deviceHours: integer(random, 1, 12) } as unknown as SweptPlan;
        return { plan: random() < 0.1 ? null : plan };
      });
      const beats = (one: SweptPlan, other: SweptPlan) =>
        one.days <= other.days &&
        one.deviceHours <= other.deviceHours &&
        (one.days < other.days || one.deviceHours < other.deviceHours);
      const places = (some: typeof points) => new Set(some.map(({ plan }) => `${plan!.days} ${plan!.deviceHours}`));
      const possible = points.filter(({ plan }) => plan !== null);
      const unbeaten = possible.filter(({ plan }) => !possible.some((other) => beats(other.plan!, plan!)));
      assert.deepEqual(places(paretoFront(points)), places(unbeaten));
    }
  });

  it('plans every combination, says why some cannot be, and goes on', async () => {
    const config = loadConfig({ preset: 'tiny' });
    let done = 0;
    const points = await sweep(
      {
        axes: {
          worlds: [1, 8, 12],
          batchesPerRank: [4, 8],
          precisions: ['fp32', 'bf16'],
          checkpoints: ['none', 2],
          shardings: ['full', 'none'],
        },
        images: 1e6,
        clusterOf: (world) => clusterOf(a100, world),
        configOf: (batchSize) => ({ ...config, training: { ...config.training, batchSize } }),
      },
      (count) => (done = count),
    );
    assert.deepEqual([points.length, done], [48, 48]);
    for (const { world, plan, reason } of points) {
      assert.equal(plan === null, world === 12);
      if (world === 12) assert.match(reason!, /12 ranks do not fill hosts of 8/);
    }
    const front = points.filter(({ onFront }) => onFront);
    assert.ok(front.length > 0 && front.every(({ plan }) => plan !== null));
    const groups = new Set(points.flatMap(({ plan, checkpoints }) => (plan ? [`${checkpoints} ${plan.groups}`] : [])));
    assert.deepEqual(groups, new Set(['none 1', '2 2']));
  });
});

describe("the paper's tables", () => {
  const setting = { cluster: clusterOf(a100, 8), batchPerRank: 2, images: 1e8 };

  it('Table 14: FLOPs are those of the paper, and wider is faster than deeper', () => {
    const rows = table14(setting);
    for (const { architecture, multiplyAdds, paper } of rows) {
      if (architecture !== 'scaling-6') assert.ok(Math.abs(multiplyAdds / paper - 1) < 0.01, architecture);
    }
    const rate = (name: string) => rows.find(({ architecture }) => architecture === name)!.plan!.step;
    for (const deeper of ['scaling-1', 'scaling-2']) {
      assert.ok(rate('scaling-5').flopsPerSecond > rate(deeper).flopsPerSecond);
      assert.ok(rate('seer-128gf').flopsPerSecond > rate(deeper).flopsPerSecond);
    }
    // Of about the same FLOPs, the wider base model is the quicker.
    assert.ok(rate('seer-128gf').imagesPerSecond > rate('scaling-1').imagesPerSecond);
    const [, , , hiRes] = rows;
    assert.deepEqual(hiRes!.crops, [
      { count: 2, size: 186 },
      { count: 4, size: 112 },
    ]);
  });

  it('Table 15 is what the preset resolves to', () => {
    for (const { name, paper, ours } of table15()) {
      if (name === 'training images') assert.equal(ours, '999,936,000');
      else assert.ok(ours.startsWith(paper), `${name}: ${ours} for ${paper}`);
    }
  });

  it('Table 16: parameters as the paper counts them, and larger is slower', () => {
    const rows = table16(setting);
    for (const { architecture, parameters, paper } of rows) {
      const isExplained = !['seer-64gf', 'seer-256gf'].includes(architecture);
      if (isExplained)
        assert.ok(
          Math.abs(parameters.asPaperCounts / paper - 1) < 0.02,
          `${architecture}: ${parameters.asPaperCounts}`,
        );
    }
    const rates = rows.flatMap(({ plan }) => (plan ? [plan.step.imagesPerSecond] : []));
    assert.deepEqual(
      rates,
      rates.toSorted((one, other) => other - one),
    );
    assert.ok(rates.length >= 6);
  });
});

describe('what calibration makes of measurements', () => {
  it('a line that outliers do not move', () => {
    const points = Array.from({ length: 21 }, (_, x) => [x, x % 5 === 4 ? 1000 : 3 + 2 * x] as const);
    const { slope, intercept } = fitLine(points);
    assert.ok(Math.abs(slope - 2) < 1e-9 && Math.abs(intercept - 3) < 1e-9, `${slope} ${intercept}`);
    assert.deepEqual(fitLine([[5, 7]]), { slope: 0, intercept: 7 });
  });

  it('of operations of one size the median, and of many of a kind those that differ most', () => {
    const sample = (label: string, multiplyAdds: number, seconds: number): OperationSample => ({
      ...{ label, multiplyAdds, bytes: 100, channels: 8, seconds },
    });
    const few = thinned([sample('b', 10, 3), sample('b', 10, 1), sample('b', 10, 2), sample('a', 5, 4)]);
    assert.deepEqual(few, [sample('a', 5, 4), sample('b', 10, 2)]);
    const many = Array.from({ length: 200 }, (_, i) => sample('c', 1000 + i, 1));
    const spread = thinned([...many, sample('c', 1e9, 5)]);
    assert.ok(spread.length < 40);
    assert.ok(spread.some(({ multiplyAdds }) => multiplyAdds === 1e9));
    assert.equal(spread[0]!.multiplyAdds, 1000);
  });
});
