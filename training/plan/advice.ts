/** What to change about a planned training, and what that would bring: only what the plan itself shows. */
import { peakOf, sumOf } from '../../program/simulator/memory-timeline.ts';
import type { PlannedStep, PlanRequest } from './plan.ts';

export interface Advice {
  /** Key or option that would change. */
  readonly change: string;
  readonly why: string;
}

/** Shares of a step from which on something is worth a word. */
const NOTEWORTHY = 0.05;

export function adviceOn(request: PlanRequest, planned: PlannedStep): Advice[] {
  const all = [largerBatch, fewerGathers, fewerSums, lessRecomputation, otherSharding, narrowKernels];
  return all.flatMap((advise) => advise(request, planned) ?? []);
}

/** Activations grow with the batch, and nothing else does by much. */
function largerBatch({ config, cluster }: PlanRequest, { memory, fitted, budgetBytes }: PlannedStep) {
  const perRank = config.training.batchSize / cluster.world;
  const use = memory[peakOf(memory)]!;
  const perImage = (use.activations + use.other) / perRank;
  const free = budgetBytes - fitted.totalBytes;
  const largest = Math.floor(perRank + (0.95 * free) / perImage);
  // On a processor a step has as much to do for every image of a large batch as of a small one.
  if (cluster.device.kind === 'cpu' || fitted.groups.length > 1 || largest < perRank * 1.25) return undefined;
  return {
    change: `--batch-per-rank ${largest}`,
    why: `about so many images of a rank fit without further checkpoints (${percent(free / budgetBytes)} of the memory is free); each step then has more to compute behind the same communication`,
  };
}

function fewerGathers({ config, sharding }: PlanRequest, { run, seconds }: PlannedStep) {
  const share = run.parts.awaiting / seconds;
  if (share < NOTEWORTHY || sharding === 'none' || config.ranks.keepGathered) return undefined;
  return {
    change: '--set ranks.keepGathered=true',
    why: `${percent(share)} of the step waits for gathers and reductions; keeping units whole from forward to backward pass saves a gather of each, for the memory of all weights`,
  };
}

function fewerSums({ config, cluster }: PlanRequest, { run, seconds }: PlannedStep) {
  const share = run.parts.exchanging / seconds;
  if (share < NOTEWORTHY || config.ranks.batchNorm !== null) return undefined;
  return {
    change: `--set ranks.batchNorm=${cluster.perHost}`,
    why: `${percent(share)} of the step exchanges sums of batch norm and Sinkhorn among all ranks; those of a host alone are quicker to agree (and are another training)`,
  };
}

function lessRecomputation({ config }: PlanRequest, { run, seconds, fitted }: PlannedStep) {
  const share = run.parts.recompute / seconds;
  if (fitted.groups.length === 1 || share < NOTEWORTHY) return undefined;
  if (config.training.recomputeGroups !== 'auto') {
    return {
      change: '--set training.recomputeGroups=auto',
      why: `${percent(share)} of the step makes feature maps again; as few groups of units as fit may do`,
    };
  }
  return {
    change: 'more memory, more ranks or a smaller batch',
    why: `${percent(share)} of the step makes feature maps again, because its ${fitted.groups.length} groups of units are what fits`,
  };
}

function otherSharding({ sharding, cluster, config }: PlanRequest, planned: PlannedStep) {
  const { run, seconds, budgetBytes, memory } = planned;
  if (sharding !== 'full' || cluster.hosts === 1 || run.parts.awaiting / seconds < NOTEWORTHY) return undefined;
  const kept = memory[0]!.kept * (cluster.world / cluster.perHost - 1);
  if (sumOf(memory[peakOf(memory)]!) + kept > budgetBytes || config.ranks.keepGathered) return undefined;
  return {
    change: '--sharding host',
    why: `parameters shared by the ${cluster.perHost} ranks of a host would travel within hosts only, and fit (a plan only: auspex train shards over all ranks)`,
  };
}

function narrowKernels({ config, cluster }: PlanRequest, { multiplyAdds, seconds, precision }: PlannedStep) {
  const { device } = cluster;
  const { flopsPerSecond } = (precision === 'bf16' ? device.arithmetic.bf16 : undefined) ?? device.arithmetic.f32;
  const reached = (2 * multiplyAdds) / seconds / flopsPerSecond;
  if (reached >= 0.2 || device.kind === 'cpu') return undefined;
  return {
    change:
      config.training.precision === 'fp32' ? '--set training.precision=bf16' : 'a wider network or a larger batch',
    why: `only ${percent(reached)} of the peak is reached: most of the step passes over memory, exchanges, or multiplies few channels at a time`,
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
