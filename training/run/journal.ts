/**
 * What a training writes down about its steps, and what it has to remember to go on writing: the same for one process and
 * for a coordinator that hears from many.
 */
import type { SkippedImage } from '../../data/loader.ts';
import { type DataPosition, drawnOf, positionFromState, positionToState } from '../../data/order.ts';
import type { PassedOver } from '../../data/source.ts';
import type { TopicOffset } from '../../data/topics/topic-reading.ts';
import { learningRate } from '../../model/schedule.ts';
import { type ResolvedConfig, scheduleOf } from '../config/config.ts';
import type { LossScaleReport } from '../loss-scale.ts';
import { type CollapseAlarm, collapseAlarm, describeCollapse, startCollapseAlarm } from '../quality/collapse-alarm.ts';
import { prototypeUse } from '../quality/embedding-statistics.ts';
import type { Measurement } from '../quality/quality-probe.ts';
import { TrainingError } from '../training-errors.ts';
import type { TrainingEvent } from '../training-events.ts';
import type { QualityRecord, RanksRecord, StepRecord } from './records.ts';
import type { RunFolder } from './run-folder.ts';
import { type Skip, SkipList } from './skip-list.ts';
import type { VitalsWriter } from './vitals.ts';

/** What a checkpoint's state.json holds besides tensors. */
export interface RunState {
  readonly config: ResolvedConfig;
  /** Where the loader goes on: samples drawn, of each lane where there are several. */
  readonly position: number | readonly number[];
  /** Of a topic: the offsets from which the loader goes on reading. They follow from the position, and are there to be seen. */
  readonly offsets?: readonly TopicOffset[];
  /** Images of the source, held-out ones included: the order of the data depends on it. Null where it has no end yet. */
  readonly numImages: number | null;
  readonly collapse: CollapseAlarm;
  /** How often each prototype was chosen of late. */
  readonly prototypeCounts: readonly number[];
}

/** One step as its ranks saw it, all of them together. */
export interface StepReport {
  /** Steps finished, this one included. */
  readonly step: number;
  /** Where the batch begins in the order, and where the loader goes on. */
  readonly start: DataPosition;
  readonly position: DataPosition;
  readonly loss: number;
  /** Whether loss and gradients were finite. */
  readonly applied: boolean;
  /** In fp16 only. */
  readonly lossScale?: LossScaleReport;
  /** Crops by nearest prototype. */
  readonly prototypeUse: Float32Array;
  /** Sums of squares (L, 2) of parameters and gradients. */
  readonly norms: Float32Array;
  /** LARC's (L, 2): the factor of the gradient, and whether weight decay is added. */
  readonly ratios: Float32Array;
  readonly seconds: number;
  readonly secondsWaitedForData: number;
  /** Images of the batch. */
  readonly names: readonly string[];
  readonly skipped: readonly SkippedImage[];
  /** Of the images that each rank really fed, in rank order. */
  readonly digests: readonly string[];
  /** Several ranks only. */
  readonly ranks?: RanksRecord;
}

export interface JournalOptions {
  readonly config: ResolvedConfig;
  readonly run: RunFolder;
  /** Images of the folder, and those of them to train on. */
  readonly numImages: number;
  readonly numTraining: number;
  readonly total: number;
  /** Of a topic: from which offsets a position is read. */
  readonly offsetsOf?: ((position: DataPosition) => readonly TopicOffset[]) | undefined;
  /** Of the checkpoint from which the run goes on. */
  readonly state?: RunState;
  /** Told of every step. */
  readonly vitals?: Pick<VitalsWriter, 'step'>;
}

/** What remains of a prototype's count after each step. */
const USE_MEMORY = 0.95;

export class Journal {
  readonly #options: JournalOptions;
  readonly #skipped: SkipList;
  readonly #counts: Float64Array;
  #collapse: CollapseAlarm;
  #position: DataPosition | undefined;

  /** @param options.run begun already. */
  constructor(options: JournalOptions) {
    const { config, run, state } = options;
    const { model, quality } = config;
    this.#options = options;
    this.#skipped = new SkipList(run);
    const { margin, afterIterations: patience } = quality.collapseAlarm;
    this.#collapse = state?.collapse ?? startCollapseAlarm(model.prototypes, { margin, patience });
    this.#counts = state ? Float64Array.from(state.prototypeCounts) : new Float64Array(model.prototypes);
    this.#position = positionFromState(state?.position);
  }

  get skippedImages(): number {
    return this.#skipped.count;
  }

  /** What the next checkpoint has to hold. */
  state(): RunState {
    const { config, numImages, offsetsOf } = this.#options;
    const position = this.#position ?? [0];
    return {
      config,
      position: positionToState(position),
      ...(offsetsOf && { offsets: offsetsOf(position) }),
      numImages: Number.isFinite(numImages) ? numImages : null,
      collapse: this.#collapse,
      prototypeCounts: [...this.#counts],
    };
  }

  /** What the scan of the folder passed over. */
  passedOver(step: number, passedOver: { count: number; first: readonly PassedOver[] }): TrainingEvent[] {
    return this.#skipped.addPassedOver(step, passedOver).map(skipEvent);
  }

  /** @throws TrainingError NOT_FINITE after it was recorded, where the config says that this ends the training. */
  step(report: StepReport): { record: StepRecord; events: TrainingEvent[] } {
    const { config, run, numTraining, total } = this.#options;
    const { step, applied, loss, seconds } = report;
    this.#position = report.position;
    const skipped = this.#skipped.add(step, report.skipped).map(skipEvent);
    const events = [...skipped, ...this.#watch(report)];
    const { entropy, used } = this.#countPrototypes(report.prototypeUse);
    const record: StepRecord = {
      kind: 'step',
      step,
      epoch: epochOf(report.position, numTraining),
      loss: applied ? loss : null,
      learningRate: learningRate(scheduleOf(config, total), step - 1),
      imagesPerSecond: config.training.batchSize / seconds,
      dataWaitShare: report.secondsWaitedForData / seconds,
      prototypeEntropy: entropy,
      prototypesUsed: used,
      gradientNorm: applied ? gradientNorm(report.norms) : null,
      ...(report.lossScale && { lossScale: report.lossScale.scale, overflows: report.lossScale.skipped }),
      ...(report.lossScale?.overflowed && { overflowed: true }),
      ...(report.ranks && { ranks: report.ranks }),
      ...(!applied && { images: report.names }),
      position: [drawnOf(report.start), drawnOf(report.position)],
      ...(report.skipped.length > 0 && { skipped: report.skipped.map(({ position }) => position) }),
      digests: report.digests,
      time: new Date().toISOString(),
    };
    run.record(record);
    events.push(...this.#vitals(report));
    if (!applied && !report.lossScale?.overflowed && config.training.nanPolicy === 'stop') throw notFinite(report);
    return { record, events };
  }

  measured(step: number, { scores, skipped }: Measurement): { record?: QualityRecord; events: TrainingEvent[] } {
    const events: TrainingEvent[] = this.#skipped.add(step, skipped).map(skipEvent);
    if (!scores) return { events };
    const record: QualityRecord = { kind: 'quality', ...scores, step, time: new Date().toISOString() };
    this.#options.run.record(record);
    return { record, events: [...events, record] };
  }

  #vitals({ step, norms, ratios, position }: StepReport): TrainingEvent[] {
    const { offsetsOf } = this.#options;
    const problem = this.#options.vitals?.step(() => ({ step, norms, ratios, reading: offsetsOf?.(position) }));
    return problem === undefined ? [] : [{ kind: 'warning', message: problem }];
  }

  #watch(report: StepReport): TrainingEvent[] {
    const { step, applied, loss } = report;
    if (report.lossScale?.overflowed) {
      const { scale } = report.lossScale;
      return [
        { kind: 'warning', message: `Step ${step} overflowed and was left out: the loss scale is ${scale} now.` },
      ];
    }
    if (!applied) {
      return [{ kind: 'warning', message: `Step ${step} was not applied: ${notFinite(report).message}` }];
    }
    const before = this.#collapse.kind;
    this.#collapse = collapseAlarm(this.#collapse, loss);
    const { enabled } = this.#options.config.quality.collapseAlarm;
    const alarm = enabled && this.#collapse.kind === 'collapsed' && before !== 'collapsed';
    return alarm ? [{ kind: 'warning', message: describeCollapse(this.#collapse) }] : [];
  }

  /** Over recent steps: old counts fade. */
  #countPrototypes(fresh: Float32Array) {
    for (let k = 0; k < fresh.length; k++) {
      this.#counts[k] = Math.floor(this.#counts[k]! * USE_MEMORY * 1e3) / 1e3 + fresh[k]!;
    }
    return prototypeUse(this.#counts);
  }
}

/** Epochs that were finished, fractions included; 0 where images have no end. */
export function epochOf(position: DataPosition, numTraining: number): number {
  return Number.isFinite(numTraining) ? drawnOf(position) / numTraining : 0;
}

function skipEvent({ name: image, code, message: reason }: Skip): TrainingEvent {
  return { kind: 'skipped', image, code, reason };
}

function notFinite({ step, loss, names }: StepReport): TrainingError {
  const what = Number.isFinite(loss) ? 'a gradient is not finite' : `the loss is ${loss}`;
  return new TrainingError(
    'NOT_FINITE',
    `In step ${step} ${what}; its update was left out. Images of the batch: ${quoteNames(names)}. ` +
      'A lower learning rate or a longer warm-up usually helps; training.nanPolicy=skip goes on without such steps.',
  );
}

/** Names of a batch in a message; a large batch's stand in metrics.jsonl. */
function quoteNames(names: readonly string[]): string {
  const most = 32;
  const more = names.length > most ? ` and ${names.length - most} more, listed in metrics.jsonl` : '';
  return names.slice(0, most).join(', ') + more;
}

function gradientNorm(norms: Float32Array): number {
  let square = 0;
  for (let i = 1; i < norms.length; i += 2) square += norms[i]!;
  return Math.sqrt(square);
}
