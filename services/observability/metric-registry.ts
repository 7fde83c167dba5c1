/**
 * The metrics of one process, in the text format that Prometheus reads. Only this file knows prom-client.
 *
 * A series of a job has a label `job_id`, and is taken away once nobody looks at the job any more: see {@link MetricRegistry.forget}.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Labels<Name extends string> = Readonly<Record<Name, string>>;

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

export interface CounterMetric<Name extends string> {
  add(labels: Labels<Name>, by?: number): void;
}

export interface GaugeMetric<Name extends string> {
  /** @param value null for what is not a number, such as a loss that was not finite */
  set(labels: Labels<Name>, value: number | null): void;
  add(labels: Labels<Name>, by: number): void;
  /** Takes all series away, before those that there are now are set. */
  clear(): void;
}

export interface HistogramMetric<Name extends string> {
  observe(labels: Labels<Name>, value: number): void;
}

/** What a scrape is answered with. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** Gauges of prom-client that are named like counters. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `auspex_nodejs_active_${what}_total`);

export class MetricRegistry {
  readonly #registry = new Registry();
  readonly #definitions: MetricDefinition[] = [];
  readonly #collectors: (() => void | Promise<void>)[] = [];
  /** How to take a series away, by the job that it ends with and by its name. */
  readonly #series = new Map<string, Map<string, () => void>>();

  counter<Name extends string = never>(name: string, help: string, labels: readonly Name[] = []): CounterMetric<Name> {
    const counter = new Counter({ name, help, labelNames: [...labels], registers: [this.#registry] });
    this.#define({ name, type: 'counter', help, labels });
    return {
      add: (values, by = 1) => {
        this.#note(name, values, () => counter.remove(values));
        counter.inc(values, by);
      },
    };
  }

  gauge<Name extends string = never>(name: string, help: string, labels: readonly Name[] = []): GaugeMetric<Name> {
    const gauge = new Gauge({ name, help, labelNames: [...labels], registers: [this.#registry] });
    this.#define({ name, type: 'gauge', help, labels });
    return {
      set: (values, value) => {
        this.#note(name, values, () => gauge.remove(values));
        gauge.set(values, value ?? Number.NaN);
      },
      add: (values, by) => {
        this.#note(name, values, () => gauge.remove(values));
        gauge.inc(values, by);
      },
      clear: () => gauge.reset(),
    };
  }

  /** @param buckets upper limits, ascending */
  histogram<Name extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels: readonly Name[] = [],
  ): HistogramMetric<Name> {
    const options = { name, help, labelNames: [...labels], buckets: [...buckets], registers: [this.#registry] };
    const histogram = new Histogram(options);
    this.#define({ name, type: 'histogram', help, labels });
    return {
      observe: (values, value) => {
        this.#note(name, values, () => histogram.remove(values));
        histogram.observe(values, value);
      },
    };
  }

  /** Memory, processor time, the delay of the event loop and garbage collection of this process. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.#registry, prefix: 'auspex_' });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name);
  }

  /** Asks for values that are only looked up when somebody wants them. What it throws fails the scrape. */
  beforeScrape(collect: () => void | Promise<void>): void {
    this.#collectors.push(collect);
  }

  /** Takes away all series of a job. */
  forget(job: string): void {
    for (const remove of this.#series.get(job)?.values() ?? []) remove();
    this.#series.delete(job);
  }

  /** What was made with the functions above, without the metrics of the process. */
  get definitions(): readonly MetricDefinition[] {
    return this.#definitions;
  }

  async exposition(): Promise<Exposition> {
    await Promise.all(this.#collectors.map((collect) => collect()));
    const text = await this.#registry.metrics();
    // Which prom-client spells in its own way.
    return { contentType: this.#registry.contentType, text: text.replaceAll(/ Nan$/gm, ' NaN') };
  }

  #define(definition: MetricDefinition): void {
    this.#definitions.push(definition);
  }

  #note(name: string, labels: Labels<string>, remove: () => void): void {
    const { job_id: job } = labels;
    if (job === undefined) return;
    const known = this.#series.get(job) ?? new Map<string, () => void>();
    this.#series.set(job, known);
    const key = JSON.stringify([name, ...Object.values(labels)]);
    if (!known.has(key)) known.set(key, remove);
  }
}
