/** The metrics of trainings, by job: from what a training tells, in this process or as the JSON lines of another. */
import type { TrainingLine } from '../jobs/training-line.ts';
import { knownLabels } from './known-labels.ts';
import type { CounterMetric, GaugeMetric, HistogramMetric, MetricRegistry } from './metric-registry.ts';

/** Seconds. */
const STEP_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];
const CHECKPOINT_BUCKETS = [0.1, 0.5, 1, 5, 15, 60, 300, 1800];
/** Milliseconds that the series of a job stay after its end, and how many ended jobs may have series at once. */
const KEPT_FOR = 300_000;
const MOST_ENDED = 100;

/** Not `job`, which Prometheus itself gives to whatever it scrapes. */
type Of = 'job_id';
type OfActor = 'job_id' | 'rank' | 'actor';

export interface TrainingMetricsOptions {
  /** Milliseconds that the series of a job stay after its end. @default 5 minutes */
  readonly keptFor?: number;
}

export class TrainingMetrics {
  readonly #registry: MetricRegistry;
  readonly #keptFor: number;
  readonly #steps: GaugeMetric<Of>;
  readonly #plannedSteps: GaugeMetric<Of>;
  readonly #loss: GaugeMetric<Of>;
  readonly #learningRate: GaugeMetric<Of>;
  readonly #imagesPerSecond: GaugeMetric<Of>;
  readonly #stepSeconds: HistogramMetric<Of>;
  readonly #dataWait: GaugeMetric<Of>;
  readonly #communicationWait: GaugeMetric<Of>;
  readonly #ranks: GaugeMetric<Of>;
  readonly #worlds: CounterMetric<Of>;
  readonly #effectiveRank: GaugeMetric<Of>;
  readonly #knnAccuracy: GaugeMetric<Of>;
  readonly #skipped: CounterMetric<'job_id' | 'code'>;
  readonly #checkpointSeconds: HistogramMetric<Of>;
  readonly #checkpointBytes: GaugeMetric<Of>;
  readonly #residentBytes: GaugeMetric<'job_id' | 'rank'>;
  readonly #mailbox: GaugeMetric<OfActor>;
  readonly #restarts: GaugeMetric<OfActor>;
  readonly #skipCode = knownLabels(100);
  /** Images of a step, by job. */
  readonly #batchSizes = new Map<string, number>();
  readonly #ended = new Map<string, NodeJS.Timeout>();

  constructor(registry: MetricRegistry, { keptFor = KEPT_FOR }: TrainingMetricsOptions = {}) {
    const job = ['job_id'] as const;
    const gauge = (name: string, help: string) => registry.gauge(`auspex_training_${name}`, help, job);
    this.#registry = registry;
    this.#keptFor = keptFor;
    this.#steps = gauge('step', 'Steps that are finished.');
    this.#plannedSteps = gauge('planned_steps', 'Steps of the whole training.');
    this.#loss = gauge('loss', 'The SwAV loss of the last step; NaN where it was not finite.');
    this.#learningRate = gauge('learning_rate', 'The learning rate of the last step.');
    this.#imagesPerSecond = gauge('images_per_second', 'Images, not crops, that the last step trained on in a second.');
    this.#stepSeconds = registry.histogram('auspex_training_step_seconds', 'How long steps took.', STEP_BUCKETS, job);
    this.#dataWait = gauge('data_wait_ratio', 'The share of the last step that waited for images, 0 to 1.');
    this.#communicationWait = gauge(
      'communication_wait_ratio',
      'The share of the last step in which ranks waited for each other, 0 to 1; several ranks only.',
    );
    this.#ranks = gauge('ranks', 'Ranks that train together.');
    this.#worlds = registry.counter(
      'auspex_training_worlds_total',
      'How often ranks began to train together: once, and again after each recovery.',
      job,
    );
    this.#effectiveRank = gauge(
      'effective_rank',
      'Effective rank of the embeddings of held-out images (RankMe), at the last measurement.',
    );
    this.#knnAccuracy = gauge(
      'knn_accuracy_ratio',
      'Top-1 accuracy of kNN on held-out images, 0 to 1, at the last measurement.',
    );
    this.#skipped = registry.counter(
      'auspex_training_skipped_images_total',
      'Images that could not be used, by reason.',
      ['job_id', 'code'],
    );
    this.#checkpointSeconds = registry.histogram(
      'auspex_training_checkpoint_seconds',
      'How long checkpoints took, from the moment each was due until it was there.',
      CHECKPOINT_BUCKETS,
      job,
    );
    this.#checkpointBytes = gauge('checkpoint_size_bytes', 'Bytes of the last checkpoint.');
    this.#residentBytes = registry.gauge(
      'auspex_training_resident_memory_bytes',
      'Physical memory of each rank; rank is coordinator for the process that coordinates them.',
      ['job_id', 'rank'],
    );
    this.#mailbox = registry.gauge('auspex_actor_mailbox_messages', 'Messages that wait in the mailboxes of actors.', [
      'job_id',
      'rank',
      'actor',
    ]);
    this.#restarts = registry.gauge(
      'auspex_actor_restarts',
      'How often an actor was started again since its process began.',
      ['job_id', 'rank', 'actor'],
    );
  }

  observe(job: string, line: TrainingLine): void {
    this.#keep(job);
    switch (line.event) {
      case 'start':
        this.#steps.set({ job_id: job }, line.step);
        this.#plannedSteps.set({ job_id: job }, line.total);
        if (line.batchSize !== undefined) this.#batchSizes.set(job, line.batchSize);
        return;
      case 'step':
        this.#step(job, line);
        return;
      case 'quality':
        this.#effectiveRank.set({ job_id: job }, line.effectiveRank);
        if (line.knnAccuracy !== undefined) this.#knnAccuracy.set({ job_id: job }, line.knnAccuracy);
        return;
      case 'checkpoint':
        if (line.seconds !== undefined) this.#checkpointSeconds.observe({ job_id: job }, line.seconds);
        if (line.bytes !== undefined) this.#checkpointBytes.set({ job_id: job }, line.bytes);
        return;
      case 'skipped':
        this.#skipped.add({ job_id: job, code: this.#skipCode(line.code) });
        return;
      case 'world':
        this.#worlds.add({ job_id: job });
        this.#ranks.set({ job_id: job }, line.ranks.length);
        return;
      case 'processes':
        this.#processes(job, line);
    }
  }

  /** The job has ended, for now or for good: its series are taken away after a while, unless it goes on. */
  ended(job: string): void {
    this.#keep(job);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size >= MOST_ENDED && oldest !== undefined) this.#forget(oldest);
    this.#ended.set(job, setTimeout(() => this.#forget(job), this.#keptFor).unref());
  }

  #keep(job: string): void {
    clearTimeout(this.#ended.get(job));
    this.#ended.delete(job);
  }

  #forget(job: string): void {
    this.#keep(job);
    this.#batchSizes.delete(job);
    this.#registry.forget(job);
  }

  #step(job: string, line: Extract<TrainingLine, { event: 'step' }>): void {
    const { step, loss, imagesPerSecond, learningRate, dataWaitShare, ranks } = line;
    this.#steps.set({ job_id: job }, step);
    this.#loss.set({ job_id: job }, loss);
    this.#imagesPerSecond.set({ job_id: job }, imagesPerSecond);
    if (learningRate !== undefined) this.#learningRate.set({ job_id: job }, learningRate);
    if (dataWaitShare !== undefined) this.#dataWait.set({ job_id: job }, dataWaitShare);
    if (ranks) this.#communicationWait.set({ job_id: job }, ranks.waitingShare);
    this.#ranks.set({ job_id: job }, ranks?.count ?? 1);
    const batchSize = this.#batchSizes.get(job);
    if (batchSize !== undefined && imagesPerSecond > 0)
      this.#stepSeconds.observe({ job_id: job }, batchSize / imagesPerSecond);
  }

  #processes(job: string, { processes }: Extract<TrainingLine, { event: 'processes' }>): void {
    for (const { rank: number, residentBytes, actors } of processes) {
      const rank = number === null ? 'coordinator' : String(number);
      this.#residentBytes.set({ job_id: job, rank }, residentBytes);
      for (const { path, mailboxDepth, restarts } of actors) {
        // Actors that go with a world are numbered after it, which is no reason for a series each.
        const actor = path.replaceAll(/-\d+(?=\/|$)/g, '');
        this.#mailbox.set({ job_id: job, rank, actor }, mailboxDepth);
        this.#restarts.set({ job_id: job, rank, actor }, restarts);
      }
    }
  }
}
