/** Plans: the very program that would run, whether it fits, and what is refused. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { totalBytes } from '../../../program/memory-budget.ts';
import { loadConfig } from '../../../training/config/config.ts';
import { clusterOf, memoryOf, type Sharding } from '../../../training/plan/cluster.ts';
import { findDevice, knownDevices, shippedDevices, writeDevice } from '../../../training/plan/devices.ts';
import { PlanError } from '../../../training/plan/errors.ts';
import { planStep } from '../../../training/plan/plan.ts';
import { plannedTrace } from '../../../training/plan/planned-trace.ts';
import { summaryOf } from '../../../training/plan/summary.ts';
import { compileRankStep } from '../../../training/rank-step.ts';
import { compileStep } from '../../../training/step.ts';
import { checkTrace } from '../profile/check-trace.ts';
import { temporaryFolder } from '../tiny-training.ts';

const NOWHERE = '/nowhere';
const a100 = findDevice('a100-40', NOWHERE);
const processor = findDevice('xeon-amx-2', NOWHERE);

function tiny(batch: number, ...set: string[]) {
  return loadConfig({ preset: 'tiny', set: [`training.batchSize=${batch}`, 'training.precision=fp32', ...set] });
}

function tinyPlan(world: number, sharding: Sharding = 'full', budgetBytes?: number, ...set: string[]) {
  const request = { config: tiny(8 * world, ...set), cluster: clusterOf(a100, world), sharding, budgetBytes };
  return { request, planned: planStep(request) };
}

function planErrorOf(attempt: () => unknown): PlanError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof PlanError) return error;
    throw error;
  }
  return assert.fail('nothing was refused');
}

describe('plan', () => {
  it('walks the program that a rank would run, in the memory that it would take', () => {
    for (const ranks of [1, 2]) {
      const config = tiny(8, 'training.recomputeGroups=2', 'training.threads=1');
      const cluster = clusterOf(processor, ranks, { perHost: 2 });
      const { fitted } = planStep({ config, cluster, sharding: 'full' });
      const compiled =
        ranks === 1 ? compileStep(config) : compileRankStep(config, { rank: 0, worldSize: ranks }).compiled;
      assert.deepEqual(fitted.program, compiled.program);
      if (ranks === 2) assert.equal(fitted.totalBytes, totalBytes(compiled.plan));
    }
  });

  it('plans the 10B on 496 GPUs, without and with checkpoints', () => {
    const config = loadConfig({ preset: 'seer-10b' });
    const cluster = clusterOf(a100, 496);
    const request = { config, cluster, sharding: 'full' as const };
    const roomy = summaryOf(request, planStep(request), 1e9);
    assert.deepEqual([roomy.world, roomy.hosts, roomy.batchPerRank, roomy.precision], [496, 62, 16, 'bf16']);
    assert.deepEqual([roomy.memory.groups.length, roomy.training.steps], [1, 126_009]);
    const parts = Object.values(roomy.step.parts).reduce((sum, seconds) => sum + seconds, 0);
    assert.ok(Math.abs(parts - roomy.step.seconds) < 1e-9);
    // Twice gathered and once reduced: 9.6 billion parameters in bf16 and f32, but for what is kept gathered.
    const parameters = 9.6e9;
    assert.ok(Math.abs(roomy.step.wire.allGather / (2 * 2 * parameters) - 1) < 0.03);
    assert.ok(Math.abs(roomy.step.wire.reduceScatter / (4 * parameters) - 1) < 0.03);
    assert.ok(roomy.step.flopsPerSecond < 312e12 && roomy.step.limitSeconds < roomy.step.seconds);

    const half = roomy.memory.totalBytes * 0.65;
    const tight = summaryOf(request, planStep({ ...request, budgetBytes: half }), 1e9);
    assert.ok(tight.memory.totalBytes <= half && tight.memory.checkpoints.length > 0);
    assert.ok(tight.step.parts.recompute > roomy.step.parts.recompute);
    assert.ok(tight.step.seconds > roomy.step.seconds);
    assert.match(tight.memory.peak.unit, /^s\d\.b\d+$/);
  });

  it('names the smallest memory that would do, and the operation at the peak; so much does', () => {
    const { request } = tinyPlan(2);
    const error = planErrorOf(() => planStep({ ...request, budgetBytes: 1e6 }));
    assert.equal(error.code, 'PLAN_DOES_NOT_FIT');
    const [, operation, unit, needed] = /at (\w+) of (\S+) in the .*would do is ([\d.]+) GiB/.exec(error.message)!;
    assert.ok(operation && unit);
    const { reservedBytes } = request.cluster.device.memory;
    const smallest = Number(needed) * 2 ** 30 - reservedBytes;
    assert.ok(planStep({ ...request, budgetBytes: smallest }).fitted.totalBytes <= smallest);
    assert.equal(planErrorOf(() => planStep({ ...request, budgetBytes: smallest * 0.5 })).code, 'PLAN_DOES_NOT_FIT');
  });

  it('divides parameters as it is asked to', () => {
    const kept = (sharding: Sharding) => tinyPlan(16, sharding).planned.memory[0]!.kept;
    const [full, host, none] = [kept('full'), kept('host'), kept('none')];
    assert.ok(full < host && host < none);
    assert.ok(Math.abs(none / host / 8 - 1) < 0.2, 'eight ranks of a host share');
    const wire = (sharding: Sharding) => tinyPlan(16, sharding).planned.run.wire;
    assert.equal(wire('none').allGather, 0);
    assert.ok(wire('host').allReduce > wire('full').allReduce);
  });

  it('takes bf16 where the device has it, and what the config says otherwise', () => {
    const cluster = clusterOf(a100, 1);
    const precisionOf = (set: string[]) =>
      planStep({ config: loadConfig({ preset: 'tiny', set }), cluster, sharding: 'full' }).precision;
    assert.deepEqual([precisionOf([]), precisionOf(['training.precision=fp32'])], ['bf16', 'f32']);
  });

  it('as a trace has the tracks of a step that was measured', () => {
    const tracks = checkTrace(plannedTrace(tinyPlan(4).planned));
    assert.deepEqual([...tracks.keys()], ['step', 'compute', 'communication']);
  });

  it('advises what the plan shows', () => {
    const slow = clusterOf(a100, 16, { networkBytesPerSecond: 1e8 });
    const request = { config: tiny(128), cluster: slow, sharding: 'full' as const };
    const changes = summaryOf(request, planStep(request), 1e6).advice.map(({ change }) => change);
    assert.ok(changes.includes('--set ranks.keepGathered=true'), changes.join());
    assert.ok(changes.includes('--set ranks.batchNorm=8'), changes.join());
    const { request: one, planned } = tinyPlan(1);
    const quiet = summaryOf(one, planned, 1e6).advice.map(({ change }) => change);
    assert.ok(!quiet.some((change) => change.includes('ranks.')), quiet.join());
  });
});

describe('cluster', () => {
  it('refuses ranks that do not fill hosts, and says what would', () => {
    const error = planErrorOf(() => clusterOf(a100, 500));
    assert.equal(error.code, 'PLAN_WORLD_SIZE');
    assert.match(error.message, /500 ranks do not fill hosts of 8: take 496 or 504/);
    assert.deepEqual([clusterOf(a100, 500, { perHost: 4 }).hosts, clusterOf(a100, 3).hosts], [125, 1]);
  });

  it('refuses groups of batch norm that do not divide, a batch that does not, and sharding within hosts of one', () => {
    const plan = (world: number, batch: number, sharding: Sharding, perHost: number, ...set: string[]) =>
      planStep({ config: tiny(batch, ...set), cluster: clusterOf(a100, world, { perHost }), sharding });
    assert.throws(() => plan(4, 8, 'full', 4, 'ranks.batchNorm=3'), { code: 'BAD_WORLD_SIZE' });
    assert.equal(planErrorOf(() => plan(4, 8, 'host', 1)).code, 'PLAN_WORLD_SIZE');
    assert.throws(() => plan(4, 7, 'full', 4), { code: 'BAD_WORLD_SIZE' });
  });

  it("shares a processor's memory among the ranks of its host, and a GPU's not", () => {
    const { memory } = processor;
    const two = clusterOf(processor, 2, { perHost: 2 });
    assert.equal(memoryOf(two), memory.bytes.value / 2 - memory.reservedBytes.value);
    assert.equal(memoryOf(clusterOf(a100, 8)), a100.memory.bytes.value - a100.memory.reservedBytes.value);
  });
});

describe('device files', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());

  it('that come along have a source for every number', () => {
    const names = shippedDevices().map(({ name }) => name);
    for (const name of ['a100-40', 'a100-80', 'h100', 'v100-32', 'xeon-amx-2']) assert.ok(names.includes(name), name);
  });

  it('are found by name or path, those measured here first', async () => {
    const mine = { ...a100, name: 'mine', description: 'a copy' };
    await writeDevice(mine, path.join(temporary.path, 'mine.json'));
    assert.deepEqual(findDevice('mine', temporary.path), mine);
    assert.deepEqual(findDevice(path.join(temporary.path, 'mine.json'), NOWHERE), mine);
    assert.equal(knownDevices(temporary.path)[0]!.name, 'mine');
  });

  it('that are unknown or broken are refused', () => {
    const unknown = planErrorOf(() => findDevice('a100-4', temporary.path));
    assert.equal(unknown.code, 'DEVICE_UNKNOWN');
    assert.match(unknown.message, /nearest is "a100-40". Known: mine, a100-40, a100-80, h100, v100-32/);
    const file = path.join(temporary.path, 'bad.json');
    const { memory: _, ...without } = a100;
    for (const text of ['{', JSON.stringify(without)]) {
      writeFileSync(file, text);
      const error = planErrorOf(() => findDevice(file, NOWHERE));
      assert.equal(error.code, 'DEVICE_INVALID');
      assert.match(error.message, /bad\.json/);
    }
    assert.equal(planErrorOf(() => findDevice('/nowhere/x.json', NOWHERE)).code, 'DEVICE_INVALID');
  });
});
