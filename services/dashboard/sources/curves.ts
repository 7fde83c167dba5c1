/**
 * The curves of a run, thinned as they come, so that a run of a million steps takes no more memory, and no more of a browser, than a
 * short one: a point is the mean of `stride` steps, and the stride doubles when there are too many points.
 */
import type { QualityRecord, StepRecord } from '../../../training/run/records.ts';

/** So many points become half as many; an even number. */
const MOST_POINTS = 1200;

const STEP_CURVES = {
  loss: ({ loss }: StepRecord) => loss,
  learningRate: ({ learningRate }: StepRecord) => learningRate,
  imagesPerSecond: ({ imagesPerSecond }: StepRecord) => imagesPerSecond,
  prototypeEntropy: ({ prototypeEntropy }: StepRecord) => prototypeEntropy,
  gradientNorm: ({ gradientNorm }: StepRecord) => gradientNorm ?? null,
} as const;
type StepCurve = keyof typeof STEP_CURVES;
const CURVE_NAMES = Object.keys(STEP_CURVES) as StepCurve[];

type Row = Readonly<Record<StepCurve, number | null>> & { readonly step: number };
type Measured = Pick<QualityRecord, 'step' | 'effectiveRank' | 'knnAccuracy' | 'heldOut'>;

/** Columns, so that names are not repeated for every point. */
export type Points = Readonly<Record<StepCurve, readonly (number | null)[]>> & { readonly steps: readonly number[] };

export interface Quality {
  readonly steps: readonly number[];
  readonly effectiveRank: readonly (number | null)[];
  readonly knnAccuracy: readonly (number | null)[];
  readonly heldOut: readonly (number | null)[];
}

export class Curves {
  #rows: Row[] = [];
  #bucket: Row[] = [];
  #stride = 1;
  #measured: Measured[] = [];
  #fresh: Row[] = [];
  #freshMeasured: Measured[] = [];
  #thinned = false;
  #latest: StepRecord | undefined;

  add(record: StepRecord | QualityRecord): void {
    if (record.kind === 'quality') {
      const { step, effectiveRank, knnAccuracy, heldOut } = record;
      const measured = { step, effectiveRank, knnAccuracy, heldOut };
      this.#measured.push(measured);
      this.#freshMeasured.push(measured);
      if (this.#measured.length > MOST_POINTS) {
        this.#measured = this.#measured.filter((_, i) => i % 2 === 1);
        this.#thinned = true;
      }
      return;
    }
    this.#latest = record;
    this.#bucket.push(rowOf(record));
    if (this.#bucket.length < this.#stride) return;
    const row = merge(this.#bucket);
    this.#bucket = [];
    this.#rows.push(row);
    this.#fresh.push(row);
    if (this.#rows.length === MOST_POINTS) this.#halve();
  }

  /** The last step that there is, which no point may hold yet. */
  get latest(): StepRecord | undefined {
    return this.#latest;
  }

  all(): { readonly points: Points; readonly quality: Quality } {
    return { points: pointsOf(this.#rows), quality: qualityOf(this.#measured) };
  }

  /** What came since it was asked last; 'thinned' where all points are others now. */
  takeFresh(): { readonly points: Points; readonly quality: Quality } | 'thinned' | undefined {
    const [rows, measured, thinned] = [this.#fresh, this.#freshMeasured, this.#thinned];
    [this.#fresh, this.#freshMeasured, this.#thinned] = [[], [], false];
    if (thinned) return 'thinned';
    if (rows.length === 0 && measured.length === 0) return undefined;
    return { points: pointsOf(rows), quality: qualityOf(measured) };
  }

  #halve(): void {
    const rows: Row[] = [];
    for (let i = 0; i < this.#rows.length; i += 2) rows.push(merge(this.#rows.slice(i, i + 2)));
    this.#rows = rows;
    this.#stride *= 2;
    this.#thinned = true;
  }
}

function rowOf(record: StepRecord): Row {
  const values = CURVE_NAMES.map((name) => [name, STEP_CURVES[name](record)]);
  return { step: record.step, ...Object.fromEntries(values) };
}

function merge(rows: readonly Row[]): Row {
  const values = CURVE_NAMES.map((name) => [name, mean(rows.map((row) => row[name]))]);
  return { step: rows.at(-1)!.step, ...Object.fromEntries(values) };
}

/** Of what is there; null if nothing is. */
function mean(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => typeof value === 'number' && Number.isFinite(value)) as number[];
  return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
}

function pointsOf(rows: readonly Row[]): Points {
  const columns = CURVE_NAMES.map((name) => [name, rows.map((row) => rounded(row[name]))]);
  return { steps: rows.map(({ step }) => step), ...Object.fromEntries(columns) };
}

function qualityOf(measured: readonly Measured[]): Quality {
  const column = (of: (one: Measured) => number | undefined) => measured.map((one) => rounded(of(one) ?? null));
  return {
    steps: measured.map(({ step }) => step),
    effectiveRank: column((one) => one.effectiveRank),
    knnAccuracy: column((one) => one.knnAccuracy),
    heldOut: column((one) => one.heldOut),
  };
}

/** More digits than a screen shows would only be carried around. */
function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6));
}
