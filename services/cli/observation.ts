/** The option that says where metrics are read, and what is seen of a command while it runs. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { TrainingEvent } from '../../training/training-events.ts';
import { trainingLine } from '../jobs/training-line.ts';
import { MetricRegistry } from '../observability/metric-registry.ts';
import { serveMetrics } from '../observability/metrics-endpoint.ts';
import { inTrace, type ProcessTrace } from '../observability/process-trace.ts';
import { TrainingMetrics } from '../observability/training-metrics.ts';
import { traceTraining } from '../observability/training-spans.ts';
import { parseAddress } from './network.ts';
import type { Output } from './output.ts';

export interface MetricsOptions {
  metrics?: { host: string; port: number };
}

export function addMetricsOption(command: Command): Command {
  const description = 'serve metrics for Prometheus there, at /metrics; a port alone is one of this machine only';
  return command.option('--metrics <host:port>', description, parseMetricsAddress);
}

function parseMetricsAddress(text: string): { host: string; port: number } {
  if (!/^\d+$/.test(text)) return parseAddress(text);
  if (Number(text) > 65_535) throw new InvalidArgumentError('A port is at most 65535.');
  return { host: '127.0.0.1', port: Number(text) };
}

export interface TrainingObservation extends ProcessTrace {
  onEvent(event: TrainingEvent): void;
}

/** Runs a training that this process follows, and sees what it does. @param name the run folder, whose last part metrics have as `job_id` */
export async function withTrainingObservation<T>(
  service: string,
  name: string,
  options: MetricsOptions,
  output: Output,
  action: (observation: TrainingObservation) => Promise<T>,
): Promise<T> {
  const job = path.basename(name);
  const registry = new MetricRegistry();
  const metrics = options.metrics && new TrainingMetrics(registry);
  if (metrics) registry.addProcessMetrics();
  return inTrace(service, 'training', { 'auspex.job': job }, (trace) => {
    const spans = traceTraining(trace);
    const onEvent = (event: TrainingEvent) => {
      spans(event);
      const { kind, ...fields } = event;
      const line = metrics && trainingLine.safeParse({ event: kind, ...fields }).data;
      if (line) metrics?.observe(job, line);
    };
    const onListening = (url: string) => {
      output.event({ event: 'listening', what: 'metrics', address: url });
      process.stderr.write(`Metrics are at ${url}.\n`);
    };
    return withMetrics(registry, options, onListening, () => action({ ...trace, onEvent }));
  });
}

async function withMetrics<T>(
  registry: MetricRegistry,
  { metrics }: MetricsOptions,
  onListening: (url: string) => void,
  action: () => Promise<T>,
): Promise<T> {
  if (!metrics) return action();
  const server = await serveMetrics(registry, metrics);
  onListening(server.url);
  try {
    return await action();
  } finally {
    await server.close();
  }
}
