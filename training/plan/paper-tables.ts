/** Tables 14, 15 and 16 of the paper as data, and what is ours beside each figure. */
import { parameterCounts, trunkCost } from '../../model/cost.ts';
import { findArchitecture, trunkOf } from '../../model/families.ts';
import { loadConfig, type ResolvedConfig } from '../config/config.ts';
import type { Cluster } from './cluster.ts';
import { PlanError } from './errors.ts';
import { planStep } from './plan.ts';
import { type PlanSummary, summaryOf } from './summary.ts';

/** A row of Table 14: the base model and the six variants, with the FLOPs (multiply-adds) that the paper prints. */
export const TABLE_14 = [
  { architecture: 'seer-128gf', name: 'base model: RegNetY-128gf', flops: 1.28e11 },
  { architecture: 'scaling-1', name: 'variant 1: narrow width + deeper (alpha 0.75)', flops: 1.3e11 },
  { architecture: 'scaling-2', name: 'variant 2: narrow width + deeper (alpha 0.85)', flops: 1.2e11 },
  { architecture: 'scaling-3', name: 'variant 3: narrow width + high resolution', flops: 1.43e11 },
  { architecture: 'scaling-4', name: 'variant 4: narrow width + high resolution + deeper', flops: 1.29e11 },
  { architecture: 'scaling-5', name: 'variant 5: wider + deeper (alpha 1.25)', flops: 1.58e11 },
  { architecture: 'scaling-6', name: 'variant 6: RegNetZ-4gf (dWr scaling)', flops: 1.3e11 },
] as const;

/** A row of Table 16, with the parameters (trunk and head) that the paper prints. */
export const TABLE_16 = [
  { architecture: 'seer-8gf', name: 'RG-8gf', parameters: 42e6 },
  { architecture: 'seer-16gf', name: 'RG-16gf', parameters: 91e6 },
  { architecture: 'seer-32gf', name: 'RG-32gf', parameters: 156e6 },
  { architecture: 'seer-64gf', name: 'RG-64gf', parameters: 250e6 },
  { architecture: 'seer-128gf', name: 'RG-128gf', parameters: 693e6 },
  { architecture: 'seer-256gf', name: 'RG-256gf', parameters: 1.5e9 },
  { architecture: 'seer-10b', name: 'RG-10B', parameters: 10e9 },
] as const;

/** What the paper says of a hyperparameter, and what the preset seer-10b resolves to. */
export interface HyperparameterRow {
  readonly name: string;
  readonly paper: string;
  readonly ours: string;
}

/** An architecture as it would be trained. */
export interface ArchitectureRow {
  readonly architecture: string;
  readonly name: string;
  /** The paper's figure: FLOPs in Table 14, parameters in Table 16. */
  readonly paper: number;
  readonly parameters: {
    readonly trunk: number;
    readonly head: number;
    /** Trunk and a head of the trunk's width, [w, w, 256]: what the paper's figures count (but for 64gf and 256gf). */
    readonly asPaperCounts: number;
  };
  /** Of one image of the architecture's own resolution through the trunk. */
  readonly resolution: number;
  readonly multiplyAdds: number;
  readonly crops: readonly { readonly count: number; readonly size: number }[];
  readonly plan: PlanSummary | null;
  /** Why there is no plan. */
  readonly reason: string | null;
}

export function table15(): HyperparameterRow[] {
  const config = loadConfig({ preset: 'seer-10b' });
  const { training, crops, model, loss, optimizer, schedule, ranks } = config;
  const images = training.iterations! * training.batchSize;
  return [
    { name: 'batch size', paper: '7936', ours: `${training.batchSize}` },
    { name: 'crops', paper: '2x160+4x96', ours: crops.groups.map(({ count, size }) => `${count}x${size}`).join('+') },
    {
      name: 'head',
      paper: '[28280, 8192, 8192, 256] (no BatchNorm)',
      ours: `[${[trunkOf(model.architecture).width, ...model.head].join(', ')}] (${model.headBatchNorm === 'none' ? 'no BatchNorm' : model.headBatchNorm})`,
    },
    { name: 'training epochs', paper: '1', ours: `${(images / 1e9).toFixed(2)} (${training.iterations} iterations)` },
    { name: 'training images', paper: '1 Billion', ours: images.toLocaleString('en') },
    { name: 'loss sinkhorn iterations', paper: '10', ours: `${loss.sinkhornIterations}` },
    { name: 'loss epsilon', paper: '0.03', ours: `${loss.epsilon}` },
    { name: 'loss temperature', paper: '0.1', ours: `${loss.temperature}` },
    { name: 'weight decay', paper: '1e-5', ours: optimizer.weightDecay.toExponential() },
    { name: 'warm-up iterations', paper: '5500', ours: `${schedule.warmupIterations}` },
    { name: 'SGD momentum', paper: '0.9', ours: `${optimizer.momentum}` },
    {
      name: 'SyncBatchNorm',
      paper: 'yes',
      ours: ranks.batchNorm === null ? 'yes, over all ranks' : `${ranks.batchNorm}`,
    },
  ];
}

export interface TableSetting {
  readonly cluster: Cluster;
  readonly batchPerRank: number;
  readonly images: number;
}

/** Crops grow with the resolution that a variant is meant for, as 160 and 96 pixels go with 224. */
export function table14(setting: TableSetting): ArchitectureRow[] {
  return TABLE_14.map(({ architecture, name, flops }) => {
    const { resolution } = findArchitecture(architecture);
    return rowOf(architecture, name, flops, resolution / 224, setting);
  });
}

export function table16(setting: TableSetting): ArchitectureRow[] {
  return TABLE_16.map(({ architecture, name, parameters }) => rowOf(architecture, name, parameters, 1, setting));
}

function rowOf(
  architecture: string,
  name: string,
  paper: number,
  scale: number,
  setting: TableSetting,
): ArchitectureRow {
  const { parameters, head, resolution, prototypes } = findArchitecture(architecture);
  const trunk = trunkOf(parameters);
  const counts = parameterCounts(trunk, { widths: head }, prototypes);
  const config = configFor(architecture, scale, setting);
  return {
    ...{ architecture, name, paper, resolution },
    parameters: {
      ...{ trunk: counts.trunk, head: counts.head },
      asPaperCounts: counts.trunk + parameterCounts(trunk, { widths: [trunk.width, 256] }, prototypes).head,
    },
    multiplyAdds: trunkCost(trunk, resolution).multiplyAdds,
    crops: config.crops.groups.map(({ count, size }) => ({ count, size })),
    ...planned(config, setting),
  };
}

/** SEER's training with another trunk; its head and prototypes are the architecture's. */
function configFor(architecture: string, scale: number, { cluster, batchPerRank }: TableSetting): ResolvedConfig {
  const named = findArchitecture(architecture).name;
  const config = loadConfig({
    preset: 'seer-128gf',
    values: { model: { architecture: named }, training: { batchSize: batchPerRank * cluster.world } },
  });
  const groups = config.crops.groups.map((group) => ({ ...group, size: 2 * Math.round((group.size * scale) / 2) }));
  return { ...config, crops: { ...config.crops, groups } };
}

function planned(config: ResolvedConfig, { cluster, images }: TableSetting): Pick<ArchitectureRow, 'plan' | 'reason'> {
  const request = { config, cluster, sharding: 'full' as const };
  try {
    return { plan: summaryOf(request, planStep(request), images), reason: null };
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return { plan: null, reason: error.message };
  }
}
