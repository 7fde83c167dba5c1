/** Predictions beside published speeds, for the same networks on the same devices. */
import { trunkOf } from '../model/families.ts';
import { deviceOf } from '../program/simulator/device.ts';
import { operationTimer, sizeOf } from '../program/simulator/operation-time.ts';
import { simulate } from '../program/simulator/simulate.ts';
import { supervisedStep } from '../program/supervised-step.ts';
import { trainingStep, withRecompute } from '../program/training-step.ts';
import { loadConfig } from '../training/config/config.ts';
import { clusterOf } from '../training/plan/cluster.ts';
import { shippedDevices } from '../training/plan/devices.ts';
import { planStep } from '../training/plan/plan.ts';
import type { BenchRow } from './bench.ts';
import { OURS_XEON, type PublishedRate, PYCLS_V100, SEER_10B, SEER_V100, TIMM_RTX_3090 } from './plan-published.ts';
import { BATCH, parseCases, type StepCase, stepSpec } from './step-cases.ts';

export function publishedRows(): BenchRow[] {
  return [
    ...PYCLS_V100.map((rate) => rateRow(rate, 'v100-32', 'f32', 'pycls, V100')),
    ...TIMM_RTX_3090.map((rate) => rateRow(rate, 'rtx-3090', 'bf16', 'timm, RTX 3090')),
    ...OURS_XEON.map(({ case: name, imagesPerSecond }) => ourRow(name, imagesPerSecond)),
    seer128Row(),
    iterationsRow(),
  ];
}

function deviceNamed(name: string) {
  return shippedDevices().find((device) => device.name === name)!;
}

/** A step of supervised training on one device: neither publication counts what GPUs exchange. */
function rateRow(rate: PublishedRate, device: string, precision: 'f32' | 'bf16', peerName: string): BenchRow {
  const { architecture, batchPerRank, resolution, imagesPerSecond } = rate;
  const program = supervisedStep({
    name: architecture,
    trunk: trunkOf(architecture),
    classifier: { classes: 1000, batchNorm: false },
    form: 'softmax',
    grid: { images: batchPerRank, height: resolution, width: resolution },
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
    precision,
    optimizer: { momentum: 0.9, weightDecay: 5e-5 },
  });
  const timer = operationTimer(deviceOf(deviceNamed(device)));
  const seconds = program.operations.reduce((sum, operation) => sum + timer(sizeOf(program, operation)), 0);
  const ours = batchPerRank / seconds;
  const name = `${architecture} on ${device}`;
  return { case: name, ours, peer: imagesPerSecond, peerName, ratio: ours / imagesPerSecond, unit: 'images/s' };
}

/** The step benchmark's own program. */
function ourRow(name: string, imagesPerSecond: number): BenchRow {
  const [{ architecture, dtype }] = parseCases(name) as [StepCase];
  const program = withRecompute(trainingStep(stepSpec(architecture, dtype === 'bf16' ? 'bf16' : 'f32')), {});
  const { seconds } = simulate(program, deviceOf(deviceNamed('xeon-amx-2')), { world: 1, shards: 1, perHost: 1 });
  const ours = BATCH / seconds;
  const figures = { ours, peer: imagesPerSecond, ratio: ours / imagesPerSecond };
  return { case: `${name} on xeon-amx-2`, ...figures, peerName: 'docs/performance.md', unit: 'images/s' };
}

/** How many times as long grouped convolutions took in mixed precision as in f32: pytorch/pytorch#43544, August 2020. */
const GROUPED_IN_HALF = 3.4;

function seer128Row(): BenchRow {
  const { preset, world, batch, stepSeconds } = SEER_V100;
  const config = loadConfig({ preset, set: [`training.batchSize=${batch}`, 'training.recomputeGroups=4'] });
  const cluster = clusterOf(deviceNamed('v100-32'), world);
  const { seconds } = planStep({ config, cluster, sharding: 'full' });
  const wide = planStep({
    config: { ...config, training: { ...config.training, precision: 'fp32' } },
    cluster,
    sharding: 'full',
  });
  const timer = operationTimer(cluster.device);
  const grouped = wide.program.operations
    .slice(0, wide.end)
    .filter(({ attributes }) => 'groups' in attributes && attributes.groups > 1)
    .reduce((sum, operation) => sum + timer(sizeOf(wide.program, operation)), 0);
  const slow = seconds + GROUPED_IN_HALF * grouped;
  return {
    ...{ case: `${preset} on ${world} v100-32, a step`, ours: seconds, peer: stepSeconds, peerName: 'SEER, 2021' },
    ...{ ratio: seconds / stepSeconds, unit: 's' },
    note:
      `in fp32 ${wide.seconds.toFixed(2)} s. Grouped convolutions in half precision took ${GROUPED_IN_HALF} times as long as in fp32 in those days ` +
      `(pytorch/pytorch#43544); with theirs at that the step would be ${slow.toFixed(2)} s`,
  };
}

function iterationsRow(): BenchRow {
  const { preset, batch, iterations } = SEER_10B;
  const ours = Math.ceil(1e9 / batch);
  const name = `${preset}, steps for 1 billion images`;
  return { case: name, ours, peer: iterations, peerName: 'Sec. 3.4', ratio: ours / iterations, unit: 'steps' };
}
