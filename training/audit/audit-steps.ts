/** Checks the records of steps, one after another, against the order that the seed gives. */
import { digestOf } from '../../data/digest.ts';
import { type Sample, type SampleOrder, shuffledOrder } from '../../data/order.ts';
import { positionsOfRows } from '../../data/replay.ts';
import type { StepRecord } from '../records.ts';
import type { Findings, Unproven } from './findings.ts';
import { type EpochCoverage, type Fate, ImageCoverage } from './image-coverage.ts';

/** The data of a run, of which everything else follows. */
export interface AuditedData {
  /** Images to train on; undefined where that is not known. */
  readonly numImages: number | undefined;
  readonly batchSize: number;
  readonly seed: number;
}

/** The part of a record that an audit looks at. */
export type AuditedStep = Pick<StepRecord, 'step' | 'epoch' | 'loss' | 'position' | 'skipped' | 'digests'>;

export class StepAudit {
  readonly #data: AuditedData;
  readonly #findings: Findings;
  readonly #order: SampleOrder | undefined;
  readonly #coverage: ImageCoverage | undefined;
  /** Positions at which images were skipped for the first time, which skipped.jsonl lists, and the step. */
  readonly firstSkips = new Map<number, number>();
  readonly #skippedImages = new Set<number>();
  #step = 0;
  #position = 0;
  #withoutDigests = 0;
  #withoutSkips = 0;

  constructor(data: AuditedData, findings: Findings) {
    this.#data = data;
    this.#findings = findings;
    if (data.numImages === undefined) return;
    this.#order = shuffledOrder(data.numImages, data.seed);
    this.#coverage = new ImageCoverage(data.numImages, findings);
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
    if (this.#order === undefined || this.#coverage === undefined) return;
    if (record.position && record.digests) this.#addExact(record, record.position, record.digests);
    else this.#addOlder(record, this.#order.length);
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
    return { epochs: this.#coverage?.finish(this.#position) ?? [], unproven };
  }

  #addExact(record: AuditedStep, [from, to]: readonly [number, number], digests: readonly string[]): void {
    const { step, loss, skipped = [] } = record;
    this.#moveTo(record, from, to);
    const drawn = to - from - skipped.length;
    if (drawn !== this.#data.batchSize) {
      this.#wrongBatch(step, drawn);
      return;
    }
    const skips = new Set(skipped);
    const rows = positionsOfRows(from, this.#data.batchSize, skips);
    if (rows.end !== to || skips.size !== skipped.length) {
      const message = `step ${step} cannot have skipped positions ${skipped.join(', ')} of ${from} to ${to}`;
      this.#findings.add('WRONG_SKIPS', step, message);
      return;
    }
    const samples = Array.from({ length: to - from }, (_, i) => this.#order!.at(from + i));
    this.#checkDigests(
      step,
      rows.positions.map((position) => samples[position - from]!),
      digests,
    );
    const used: Fate = loss === null ? 'notApplied' : 'trained';
    for (const [i, { epoch, index }] of samples.entries()) {
      this.#coverage!.mark(epoch, index, skips.has(from + i) ? 'skipped' : used);
    }
    for (const position of skipped) this.#noteSkip(step, position);
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
      const { epoch, index } = this.#order!.at(position);
      this.#coverage!.mark(epoch, index, noneSkipped ? used : 'unknown');
    }
  }

  #moveTo({ step, epoch }: AuditedStep, from: number, to: number): void {
    const expected = this.#position;
    const message = `step ${step} begins at position ${from}, the steps before it end at ${expected}`;
    if (from > expected) this.#findings.add('POSITION_GAP', step, message);
    if (from < expected) this.#findings.add('POSITION_OVERLAP', step, message);
    const { length } = this.#order!;
    if (epoch !== to / length) {
      const which = `position ${to} of ${length} images is epoch ${to / length}`;
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
    const { index } = this.#order!.at(position);
    if (this.#skippedImages.has(index)) return;
    this.#skippedImages.add(index);
    this.firstSkips.set(position, step);
  }
}
