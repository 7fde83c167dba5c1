/** Checks the records of steps, one after another, against the order that the seed gives. */
import { digestOf } from '../../data/digest.ts';
import { decodePosition, type Sample, type SampleOrder } from '../../data/order.ts';
import { positionsOfRows } from '../../data/replay.ts';
import type { StepRecord } from '../run/records.ts';
import type { Findings, Unproven } from './findings.ts';
import { type EpochCoverage, type Fate, ImageCoverage, mergeLanes } from './image-coverage.ts';

/** The data of a run, of which everything else follows. */
export interface AuditedData {
  /** Of the images to train on; undefined where their number is not known. */
  readonly order: SampleOrder | undefined;
  readonly batchSize: number;
}

/** The part of a record that an audit looks at. */
export type AuditedStep = Pick<StepRecord, 'step' | 'epoch' | 'loss' | 'position' | 'skipped' | 'digests'>;

export class StepAudit {
  readonly #data: AuditedData;
  readonly #findings: Findings;
  readonly #order: SampleOrder | undefined;
  /** By lane. */
  readonly #coverage: readonly ImageCoverage[];
  /** Of all lanes; Infinity while it is not known where they end. */
  readonly #numImages: number;
  /** Positions at which images were skipped for the first time, which skipped.jsonl lists, and the step. */
  readonly firstSkips = new Map<number, number>();
  readonly #skippedImages = new Set<number>();
  /** Samples drawn of each lane, while records say which were skipped. */
  readonly #drawn: number[];
  #step = 0;
  #position = 0;
  #withoutDigests = 0;
  #withoutSkips = 0;

  constructor(data: AuditedData, findings: Findings) {
    this.#data = data;
    this.#findings = findings;
    const { order } = data;
    this.#order = order;
    const lengths = Array.from({ length: order?.lanes ?? 0 }, (_, lane) => order!.lengthOf(lane));
    this.#drawn = lengths.map(() => 0);
    this.#numImages = lengths.reduce((sum, length) => sum + length, 0);
    this.#coverage = lengths.map((length) => new ImageCoverage(length, findings));
  }

  get knowsOrder(): boolean {
    return this.#order !== undefined;
  }

  /** Images to train on; Infinity while it is not known where they end. */
  get numImages(): number {
    return this.#numImages;
  }

  /** The last step. */
  get step(): number {
    return this.#step;
  }

  /** Where the last step ended in the order; 0 where that cannot be known. */
  get position(): number {
    return this.#position;
  }

  add(record: AuditedStep): void {
    const { step } = record;
    const expected = this.#step + 1;
    if (step > expected) {
      const which = step === expected + 1 ? `step ${expected}` : `steps ${expected} to ${step - 1}`;
      this.#findings.add('STEP_MISSING', step, `${which} not recorded before step ${step}`);
    }
    if (step < expected) this.#findings.add('STEP_REPEATED', step, `step ${step} recorded after step ${this.#step}`);
    this.#step = Math.max(step, this.#step);
    if (this.#order === undefined) return;
    if (record.position && record.digests) this.#addExact(record, record.position, record.digests);
    else this.#addOlder(record, this.#numImages);
  }

  /** @returns epochs, and what cannot be told of them. */
  finish(): { readonly epochs: readonly EpochCoverage[]; readonly unproven: readonly Unproven[] } {
    const unproven: Unproven[] = [];
    if (this.#order === undefined) {
      const message = 'neither run.json nor a checkpoint says how many images there are: only steps were checked';
      unproven.push({ code: 'NUMBER_OF_IMAGES_UNKNOWN', steps: null, message });
    }
    if (this.#withoutDigests > 0) {
      const message =
        'an older Auspex recorded these steps without digests: their positions fit, what was fed is not known';
      unproven.push({ code: 'NO_DIGESTS', steps: this.#withoutDigests, message });
    }
    if (this.#withoutSkips > 0) {
      const message = 'an older Auspex recorded these steps, and not which of their images were skipped';
      unproven.push({ code: 'SKIPS_NOT_RECORDED', steps: this.#withoutSkips, message });
    }
    // What is wrong with the positions of a single lane is found already; its images are counted up to the last.
    const drawn = this.#coverage.length === 1 ? [this.#position] : this.#drawn;
    const byLane = this.#coverage.map((coverage, lane) => coverage.finish(drawn[lane]!));
    return { epochs: mergeLanes(byLane), unproven };
  }

  #addExact(record: AuditedStep, [from, to]: readonly [number, number], digests: readonly string[]): void {
    const { step, loss, skipped = [] } = record;
    this.#moveTo(record, from, to);
    const drawn = to - from - skipped.length;
    if (drawn !== this.#data.batchSize) {
      this.#wrongBatch(step, drawn);
      return;
    }
    const samples = this.#samplesOfRows(record, from, to, skipped);
    if (!samples) return;
    this.#checkDigests(step, samples.rows, digests);
    const used: Fate = loss === null ? 'notApplied' : 'trained';
    for (const { sample, isSkipped } of samples.drawn) {
      this.#coverage[sample.lane]!.mark(sample.epoch, sample.ordinal, isSkipped ? 'skipped' : used);
    }
    for (const position of skipped) this.#noteSkip(step, position);
  }

  /**
   * The images of a step's rows, and all that it drew, in the order of each lane. Lanes are drawn from evenly, and each gives as many more as it
   * skipped, so where a step begins in each lane follows from the steps before it.
   */
  #samplesOfRows({ step }: AuditedStep, from: number, to: number, skipped: readonly number[]) {
    const order = this.#order!;
    const { lanes } = order;
    // With one lane a gap or an overlap, which is found already, need not make all that follows wrong.
    if (lanes === 1) this.#drawn[0] = from;
    const rowsOfLane = this.#data.batchSize / lanes;
    const places = skipped.map((encoded) => decodePosition(encoded, lanes));
    const rows: Sample[] = [];
    const drawn: { readonly sample: Sample; readonly isSkipped: boolean }[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      const own = places.filter((place) => place.lane === lane).map(({ position }) => position);
      const skips = new Set(own);
      const begin = this.#drawn[lane]!;
      const { positions, end } = positionsOfRows(begin, rowsOfLane, skips);
      if (end !== begin + rowsOfLane + own.length || skips.size !== own.length) {
        const message = `step ${step} cannot have skipped positions ${skipped.join(', ')} of ${from} to ${to}`;
        this.#findings.add('WRONG_SKIPS', step, message);
        this.#drawn[lane] = begin + rowsOfLane + own.length;
        return undefined;
      }
      for (const position of positions) rows.push(order.at(lane, position));
      for (let position = begin; position < end; position++) {
        drawn.push({ sample: order.at(lane, position), isSkipped: skips.has(position) });
      }
      this.#drawn[lane] = end;
    }
    return { rows, drawn };
  }

  /** Records of older versions have the position in their epoch, and no digest. */
  #addOlder(record: AuditedStep, numImages: number): void {
    const { step, epoch, loss } = record;
    const from = this.#position;
    const to = Math.round(epoch * numImages);
    this.#withoutDigests++;
    this.#moveTo(record, from, to);
    const { batchSize } = this.#data;
    // No loader draws on when nothing was usable for two epochs' length.
    if (to - from < batchSize || to - from > batchSize + 2 * numImages) {
      this.#wrongBatch(step, to - from);
      return;
    }
    const noneSkipped = to - from === batchSize;
    if (!noneSkipped) this.#withoutSkips++;
    const used: Fate = loss === null ? 'notApplied' : 'trained';
    for (let position = from; position < to; position++) {
      const { epoch, ordinal } = this.#order!.at(0, position);
      this.#coverage[0]!.mark(epoch, ordinal, noneSkipped ? used : 'unknown');
    }
    this.#drawn[0] = to;
  }

  #moveTo({ step, epoch }: AuditedStep, from: number, to: number): void {
    const expected = this.#position;
    const message = `step ${step} begins at position ${from}, the steps before it end at ${expected}`;
    if (from > expected) this.#findings.add('POSITION_GAP', step, message);
    if (from < expected) this.#findings.add('POSITION_OVERLAP', step, message);
    const length = this.#numImages;
    const expectedEpoch = Number.isFinite(length) ? to / length : 0;
    if (epoch !== expectedEpoch) {
      const which = `position ${to} of ${length} images is epoch ${expectedEpoch}`;
      this.#findings.add('WRONG_EPOCH', step, `step ${step} is recorded for epoch ${epoch}, and ${which}`);
    }
    this.#position = Math.max(to, expected);
  }

  #wrongBatch(step: number, drawn: number): void {
    const { batchSize } = this.#data;
    this.#findings.add('WRONG_BATCH', step, `step ${step} used ${drawn} images, and a batch has ${batchSize}`);
  }

  /** @param samples of the rows. */
  #checkDigests(step: number, samples: readonly Sample[], digests: readonly string[]): void {
    const rows = samples.length / digests.length;
    if (!Number.isInteger(rows)) {
      const message = `step ${step} has the digests of ${digests.length} ranks, which cannot share ${samples.length} rows`;
      this.#findings.add('WRONG_DIGEST', step, message);
      return;
    }
    for (const [rank, digest] of digests.entries()) {
      const own = samples.slice(rank * rows, (rank + 1) * rows);
      const expected = digestOf({ epochs: own.map(({ epoch }) => epoch), images: own.map(({ index }) => index) });
      if (digest === expected) continue;
      const message = `step ${step}, rank ${rank}: digest ${digest} is not that of the images at its positions, ${expected}`;
      this.#findings.add('WRONG_DIGEST', step, message);
    }
  }

  #noteSkip(step: number, position: number): void {
    const place = decodePosition(position, this.#order!.lanes);
    const { index } = this.#order!.at(place.lane, place.position);
    if (this.#skippedImages.has(index)) return;
    this.#skippedImages.add(index);
    this.firstSkips.set(position, step);
  }
}
