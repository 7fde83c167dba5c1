/**
 * Batches of crops, made ahead of time.
 *
 *   order ──▶ candidates ──▶ native crops ──▶ batch ──▶ queue (prefetch) ──▶ next()
 *               ▲                │
 *               └── next in line ┘  for every image that could not be used
 *
 * What a batch holds depends on the source, the seed, the policy and the position alone: not on threads, prefetching or
 * timing. A batch always has `batchSize` images; one that cannot be used is reported, and the next in the order takes its
 * row. The position that comes with a batch is all that is needed to go on after it.
 *
 * A rank of several makes its rows of each batch only; `share.ts` says how ranks come to the same batches.
 */

import { allocateCrops, type CropPolicy, type ImageInput, type ImageLimits, makeCrops } from '../kernels/images.ts';
import { callOnAnyFormat } from './decode.ts';
import { DataError, type SkipReason } from './errors.ts';
import { type DataPosition, encodePosition, type SampleOrder, shuffledOrder } from './order.ts';
import { agreeOn, closedError, type FailedRow, type Share, wholeBatch } from './share.ts';
import { advance, checkSkipped, type Progress, startProgress } from './skip-limit.ts';
import { type ImageSource, inputOf, isReason } from './source.ts';

export interface LoaderOptions {
  readonly source: ImageSource;
  readonly policy: CropPolicy;
  readonly batchSize: number;
  /** An integer from 0 to 2^53 - 1; decides the order and all crops. */
  readonly seed: number;
  /** Samples drawn so far: the `position` of the last batch that was used. @default none */
  readonly position?: DataPosition | undefined;
  /** Threads that decode and crop. @default 1 @minimum 1 */
  readonly threads?: number;
  /** Batches made ahead. @default 2 @minimum 0 */
  readonly prefetch?: number;
  /** Share of skipped images above which the loader gives up. @default 0.1 */
  readonly maximumSkippedShare?: number;
  /** The share is that of so many images in a row at least. @default 1000, or all of a smaller source */
  readonly minimumImages?: number;
  readonly limits?: Partial<ImageLimits>;
  /** The rows of each batch that are made here, where other ranks make the others. @default all */
  readonly share?: Share;
}

/** An image that was left out, once for every epoch in which its turn came. */
export interface SkippedImage extends SkipReason {
  readonly index: number;
  readonly name: string;
  readonly epoch: number;
  /** Its place in the order, `encodePosition` of lane and position. */
  readonly position: number;
}

/** A batch, or a rank's rows of it. */
export interface Batch {
  /** One array per group of the policy, (count * rows, size, size, 3) uint8, crop-major. */
  readonly crops: Uint8Array<ArrayBuffer>[];
  /** Index in the source of the image in each row that was made here, and its name and epoch. */
  readonly images: number[];
  readonly names: string[];
  readonly epochs: number[];
  /** Where the batch begins in the order, and where to go on after it: the same on every rank. */
  readonly start: DataPosition;
  readonly position: DataPosition;
  /** Of all rows, in the order in which they were drawn: the same on every rank. */
  readonly skipped: SkippedImage[];
}

export interface Loader {
  /**
   * The next batch. Rejects with a {@link DataError}: `TOO_MANY_SKIPPED`, `NO_IMAGES` where none of the source's images can
   * be used, `RANKS_DISAGREE`, or `LOADER_CLOSED`; or with the reason for which ranks could not agree.
   */
  next(): Promise<Batch>;
  /** Gives a batch's arrays back for a later batch; they must not be used after that. Optional, and saves memory traffic. */
  recycle(batch: Batch): void;
  /** Stops working ahead; resolves when nothing is under way any more. */
  close(): Promise<void>;
}

/** Opens a loader and starts to work ahead. Throws a {@link DataError} `BAD_OPTION` or `NO_IMAGES`. */
export function openLoader(options: LoaderOptions): Loader {
  const settings = withDefaults(options);
  const { source, order, share, position } = settings;
  const images = source.stream?.(order, lanesOf(settings, share), position) ?? source;
  const free: Uint8Array<ArrayBuffer>[][] = [];
  const queue: Promise<Batch>[] = [];
  const abort = new AbortController();
  let closed = false;
  let numBatches = 0;
  let progress = startProgress(settings.position);
  // Batches are made one after the other, because where one begins depends on what the one before it skipped.
  let last: Promise<unknown> = Promise.resolve();

  const makeNext = async (): Promise<Batch> => {
    if (closed) throw closedError();
    const crops = free.pop() ?? allocateCrops(settings.policy, settings.share.rows);
    const made = await makeBatch(settings, images, progress, crops, numBatches, abort.signal);
    progress = made.progress;
    numBatches++;
    return made.batch;
  };
  const enqueue = () => {
    const batch = last.then(makeNext);
    // Whoever calls next() hears of a failure; until then it must not count as unhandled.
    batch.catch(() => {});
    last = batch;
    queue.push(batch);
  };
  const fill = (count: number) => {
    while (!closed && queue.length < count) enqueue();
  };
  fill(settings.prefetch);
  return {
    async next() {
      if (closed) throw closedError();
      fill(settings.prefetch + 1);
      return queue.shift()!;
    },
    recycle(batch) {
      if (free.length <= settings.prefetch) free.push(batch.crops);
    },
    async close() {
      closed = true;
      abort.abort();
      // Whoever waits for an image that may never come is told.
      if ('close' in images) await images.close();
      await last.catch(() => {});
      queue.length = 0;
      free.length = 0;
    },
  };
}

type Settings = Required<Omit<LoaderOptions, 'limits'>> &
  Pick<LoaderOptions, 'limits'> & { readonly order: SampleOrder; readonly rowsPerLane: number };

/** Where the bytes of images come from: the source itself, or its stream. */
type Images = Pick<ImageSource, 'path' | 'read'>;

/** The lanes of some rows of a batch. */
function lanesOf({ rowsPerLane }: Pick<Settings, 'rowsPerLane'>, { firstRow, rows }: Share): number[] {
  const first = Math.floor(firstRow / rowsPerLane);
  const end = Math.ceil((firstRow + rows) / rowsPerLane);
  return Array.from({ length: end - first }, (_, i) => first + i);
}

function withDefaults(options: LoaderOptions): Settings {
  const { source, batchSize, seed } = options;
  const order = source.order?.(batchSize, seed) ?? shuffledOrder(source.length, seed);
  const settings = {
    ...options,
    order,
    rowsPerLane: batchSize / order.lanes,
    position: options.position ?? new Array<number>(order.lanes).fill(0),
    threads: options.threads ?? 1,
    prefetch: options.prefetch ?? 2,
    maximumSkippedShare: options.maximumSkippedShare ?? 0.1,
    minimumImages: options.minimumImages ?? Math.min(1000, options.source.length),
    share: options.share ?? wholeBatch(options.batchSize),
  };
  if (settings.source.length === 0) throw new DataError('NO_IMAGES', 'The source holds no images.');
  requireInteger('batchSize', settings.batchSize, 1);
  requireInteger('seed', settings.seed, 0);
  requireInteger('rows of a lane', settings.rowsPerLane, 1);
  for (const drawn of settings.position) requireInteger('position', drawn, 0);
  if (settings.position.length !== order.lanes) {
    const message = `The loader's position is of ${settings.position.length} lanes, and the source has ${order.lanes}.`;
    throw new DataError('BAD_OPTION', message);
  }
  requireInteger('threads', settings.threads, 1);
  requireInteger('prefetch', settings.prefetch, 0);
  requireInteger('share.firstRow', settings.share.firstRow, 0);
  requireInteger('share.rows', settings.share.rows, 1);
  if (settings.share.firstRow + settings.share.rows > settings.batchSize) {
    throw new DataError('BAD_OPTION', `The loader's share reaches beyond the ${settings.batchSize} rows of a batch.`);
  }
  return settings;
}

function requireInteger(name: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw new DataError('BAD_OPTION', `The loader's ${name} has to be an integer of at least ${minimum}, not ${value}.`);
}

/** An image whose turn it is, and the row of the batch that it would get. */
interface Candidate {
  readonly row: number;
  readonly index: number;
  readonly epoch: number;
  readonly lane: number;
}

async function makeBatch(
  settings: Settings,
  inputs: Images,
  start: Progress,
  crops: Uint8Array<ArrayBuffer>[],
  batch: number,
  signal: AbortSignal,
): Promise<{ batch: Batch; progress: Progress }> {
  const { source, order, batchSize, rowsPerLane, share } = settings;
  const images = new Array<number>(share.rows);
  const epochs = new Array<number>(share.rows);
  const skipped: SkippedImage[] = [];
  let progress = start;
  let rows = [...new Array(batchSize).keys()];
  for (let round = 0; rows.length > 0; round++) {
    const next = [...progress.position];
    const candidates = rows.map((row): Candidate => {
      const lane = Math.floor(row / rowsPerLane);
      return { row, ...order.at(lane, next[lane]!++) };
    });
    const own = candidates.filter(({ row }) => row >= share.firstRow && row < share.firstRow + share.rows);
    const failed = await fillRows(settings, inputs, own, crops);
    const agreed = await agreeOn(share, { batch, round, failed }, candidates, signal);
    for (const { row, index, epoch } of own) {
      images[row - share.firstRow] = index;
      epochs[row - share.firstRow] = epoch;
    }
    rows = [];
    for (const { row, lane } of candidates) {
      const failure = agreed.get(row);
      if (failure) {
        const { row: _, ...image } = failure;
        skipped.push({ ...image, position: encodePosition(lane, progress.position[lane]!, order.lanes) });
        rows.push(row);
      }
      progress = advance(progress, lane, failure && `${failure.name}: ${failure.message}`);
    }
    checkSkipped({ ...settings, numImages: source.length }, progress);
  }
  const names = images.map((index) => source.name(index));
  const { position } = progress;
  return { batch: { crops, images, names, epochs, start: start.position, position, skipped }, progress };
}

/** Makes the candidates' crops in their rows. @returns those that cannot be used, by row. */
async function fillRows(
  { source, policy, seed, threads, share, limits }: Settings,
  images: Images,
  candidates: readonly Candidate[],
  crops: Uint8Array<ArrayBuffer>[],
): Promise<FailedRow[]> {
  const reasons = new Map<number, SkipReason>();
  const inputs = await Promise.all(candidates.map(({ index }) => inputOf(images, index)));
  for (const [i, input] of inputs.entries()) if (isReason(input)) reasons.set(i, input);

  // A batch may reach from one epoch into the next, and the draws of a call are those of one epoch.
  for (const epoch of new Set(candidates.map((candidate) => candidate.epoch))) {
    const places = [...candidates.keys()].filter((i) => candidates[i]!.epoch === epoch && !reasons.has(i));
    const usable = places.map((i) => inputs[i] as ImageInput);
    const into = { crops, batch: share.rows };
    const skipped = await callOnAnyFormat(usable, threads, limits, async (given, positions) => {
      const requests = given.map((image, i) => {
        const { row, index } = candidates[places[positions[i]!]!]!;
        return { image, index, row: row - share.firstRow };
      });
      return (await makeCrops(requests, policy, seed, epoch, threads, { limits, into })).failures;
    });
    for (const [position, reason] of skipped) reasons.set(places[position]!, reason);
  }
  return candidates.flatMap(({ row, index, epoch }, i) => {
    const reason = reasons.get(i);
    return reason ? [{ row, index, epoch, name: source.name(index), ...reason }] : [];
  });
}
