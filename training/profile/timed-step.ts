/** What a profile knows of one step: when everything in it happened, on one clock. */

/** Seconds of the clock that native code and all processes of a host share. */
export function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** A stretch of time, in {@link monotonicSeconds}. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

export interface NamedSpan extends Span {
  readonly name: string;
}

export interface TimedStep extends Span {
  /** (operations, 2): begin and end of each on the compute thread and on the communication thread; 0 where it was not there. */
  readonly computed: Float64Array;
  readonly communicated: Float64Array;
  /** What the step did outside its program, one after another: crops copied in, results read, norms exchanged. */
  readonly beside: readonly NamedSpan[];
  /** What the loader made meanwhile; it may end after the step. */
  readonly loading: readonly NamedSpan[];
}

export function secondsOf({ begin, end }: Span): number {
  return end - begin;
}

/** When operation `index` ran; undefined where it did not. */
export function spanAt(spans: Float64Array, index: number): Span | undefined {
  const [begin, end] = [spans[2 * index]!, spans[2 * index + 1]!];
  return end > 0 ? { begin, end } : undefined;
}

/** Does something and tells when. */
export async function timed<Result>(name: string, body: () => Result | Promise<Result>) {
  const begin = monotonicSeconds();
  const result = await body();
  const span: NamedSpan = { name, begin, end: monotonicSeconds() };
  return { result, span };
}

/** The middle value, or the mean of the two in the middle. @param values at least one */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
