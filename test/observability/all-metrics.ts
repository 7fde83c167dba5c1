/** Every metric that a server of jobs may have. */
import { JobMetrics } from '../../services/observability/job-metrics.ts';
import { type MetricDefinition, MetricRegistry } from '../../services/observability/metric-registry.ts';
import { rpcMetrics } from '../../services/observability/rpc-metrics.ts';
import { TrainingMetrics } from '../../services/observability/training-metrics.ts';
import { parseExposition } from './exposition.ts';

export interface AllMetrics {
  readonly own: readonly MetricDefinition[];
  /** Of the process, by name. */
  readonly process: readonly string[];
}

export async function allMetrics(): Promise<AllMetrics> {
  const registry = new MetricRegistry();
  new JobMetrics(registry);
  new TrainingMetrics(registry);
  rpcMetrics(registry);
  registry.addProcessMetrics();
  const own = registry.definitions;
  const { types } = parseExposition((await registry.exposition()).text);
  const process = [...types.keys()].filter((name) => !own.some((definition) => definition.name === name));
  return { own, process };
}

/** As docs/observability.md has it. */
export function tableRow({ name, type, labels, help }: MetricDefinition): string {
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
}
