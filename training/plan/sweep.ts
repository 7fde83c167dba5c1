/** Many plans of one training, and which of them nothing else beats: the Pareto front of days against device-hours. */
import { setImmediate as turn } from 'node:timers/promises';
import type { ResolvedConfig } from '../config/config.ts';
import { TrainingError } from '../training-errors.ts';
import type { Cluster, Sharding } from './cluster.ts';
import { PlanError } from './errors.ts';
import { planStep } from './plan.ts';
import { type PlanSummary, summaryOf } from './summary.ts';

export interface SweepAxes {
  readonly worlds: readonly number[];
  readonly batchesPerRank: readonly number[];
  readonly precisions: readonly ('fp32' | 'bf16')[];
  /** `none` keeps every map, a number cuts units into so many groups, `auto` takes as few as fit. */
  readonly checkpoints: readonly (number | 'none' | 'auto')[];
  readonly shardings: readonly Sharding[];
}

export interface SweepSpec {
  readonly axes: SweepAxes;
  readonly images: number;
  /** @throws PlanError where so many ranks cannot be */
  clusterOf(world: number): Cluster;
  /** The training with a batch of so many images. */
  configOf(batch: number): ResolvedConfig;
  /** @default what the device has */
  budgetOf?(config: ResolvedConfig, cluster: Cluster): number | undefined;
}

export interface SweepPoint {
  readonly world: number;
  readonly batchPerRank: number;
  readonly precision: 'fp32' | 'bf16';
  readonly checkpoints: number | 'none' | 'auto';
  readonly sharding: Sharding;
  /** Null where it cannot be, for the reason that is given. */
  readonly plan: SweptPlan | null;
  readonly reason: string | null;
  /** Whether no other plan is at once as quick and as cheap, and quicker or cheaper. */
  readonly onFront: boolean;
}

export interface SweptPlan {
  readonly groups: number;
  readonly totalBytes: number;
  readonly stepSeconds: number;
  readonly imagesPerSecond: number;
  readonly wireBytes: number;
  readonly days: number;
  readonly deviceHours: number;
}

/** Beyond so many groups nobody looks: a sweep asks what is good, and not what is just possible. */
const MOST_GROUPS = 8;

type Place = Omit<SweepPoint, 'plan' | 'reason' | 'onFront'>;

export function placesOf({ worlds, batchesPerRank, precisions, checkpoints, shardings }: SweepAxes): Place[] {
  return worlds.flatMap((world) =>
    batchesPerRank.flatMap((batchPerRank) =>
      precisions.flatMap((precision) =>
        checkpoints.flatMap((policy) =>
          shardings.map((sharding) => ({ world, batchPerRank, precision, checkpoints: policy, sharding })),
        ),
      ),
    ),
  );
}

/** @param onPoint called after each, with how many are done */
export async function sweep(spec: SweepSpec, onPoint: (done: number) => void = () => undefined): Promise<SweepPoint[]> {
  const points: Omit<SweepPoint, 'onFront'>[] = [];
  for (const place of placesOf(spec.axes)) {
    points.push({ ...place, ...outcome(spec, place) });
    onPoint(points.length);
    // Between plans signals are heard and progress is shown.
    await turn();
  }
  const front = new Set(paretoFront(points));
  return points.map((point) => ({ ...point, onFront: front.has(point) }));
}

function outcome(spec: SweepSpec, place: Place): Pick<SweepPoint, 'plan' | 'reason'> {
  try {
    return { plan: planAt(spec, place), reason: null };
  } catch (error) {
    const isAnswer = error instanceof PlanError || (error instanceof TrainingError && error.code === 'BAD_WORLD_SIZE');
    if (!isAnswer) throw error;
    return { plan: null, reason: error.message };
  }
}

function planAt(spec: SweepSpec, { world, batchPerRank, precision, checkpoints, sharding }: Place): SweptPlan {
  const cluster = spec.clusterOf(world);
  const given = spec.configOf(world * batchPerRank);
  const config = { ...given, training: { ...given.training, precision, recomputeGroups: checkpoints } };
  const budgetBytes = spec.budgetOf?.(config, cluster);
  const request = { config, cluster, sharding, budgetBytes, mostGroups: MOST_GROUPS };
  return sweptPlan(summaryOf(request, planStep(request), spec.images));
}

function sweptPlan({ memory, step, training }: PlanSummary): SweptPlan {
  return {
    ...{ groups: memory.groups.length, totalBytes: memory.totalBytes, stepSeconds: step.seconds },
    ...{ imagesPerSecond: step.imagesPerSecond, wireBytes: step.wire.total },
    ...{ days: training.days, deviceHours: training.deviceHours },
  };
}

/** Those that no other beats in days without costing more device-hours, the quickest first. */
export function paretoFront<Point extends Pick<SweepPoint, 'plan'>>(points: readonly Point[]): Point[] {
  const possible = points
    .filter(({ plan }) => plan !== null)
    .toSorted((a, b) => a.plan!.days - b.plan!.days || a.plan!.deviceHours - b.plan!.deviceHours);
  const front: Point[] = [];
  for (const point of possible) {
    if (front.length === 0 || point.plan!.deviceHours < front.at(-1)!.plan!.deviceHours) front.push(point);
  }
  return front;
}
