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
 */

import { allocateCrops, type CropPolicy, type ImageInput, type ImageLimits, makeCrops } from '../kernels/images.ts';
import { callOnAnyFormat } from './decode.ts';
import { DataError, type SkipReason } from './errors.ts';
import { type SampleOrder, shuffledOrder } from './order.ts';
import { type ImageSource, inputOf, isReason } from './source.ts';

export interface LoaderOptions {
  readonly source: ImageSource;
  readonly policy: CropPolicy;
  readonly batchSize: number;
  /** An integer from 0 to 2^53 - 1; decides the order and all crops. */
  readonly seed: number;
  /** Samples drawn so far: 0, or the `position` of the last batch that was used. @default 0 */
  readonly position?: number;
  /** Threads that decode and crop. @default 1 @minimum 1 */
  readonly threads?: number;
  /** Batches made ahead. @default 2 @minimum 0 */
  readonly prefetch?: number;
  /** Share of skipped images above which the loader gives up. @default 0.1 */
  readonly maximumSkippedShare?: number;
  /** The share is that of so many images in a row at least. @default 1000, or all of a smaller source */
  readonly minimumImages?: number;
  readonly limits?: Partial<ImageLimits>;
}

/** An image that was left out, once for every epoch in which its turn came. */
export interface SkippedImage extends SkipReason {
  readonly index: number;
  readonly name: string;
  readonly epoch: number;
}

export interface Batch {
  /** One array per group of the policy, (count * batchSize, size, size, 3) uint8, crop-major. */
  readonly crops: Uint8Array<ArrayBuffer>[];
  /** Index in the source of the image in each row, and its name and epoch. */
  readonly images: number[];
  readonly names: string[];
  readonly epochs: number[];
  /** Where to go on after this batch. */
  readonly position: number;
  readonly skipped: SkippedImage[];
}

export interface Loader {
  /**
   * The next batch. Rejects with a {@link DataError}: `TOO_MANY_SKIPPED`, `NO_IMAGES` where none of the source's images can
   * be used, or `LOADER_CLOSED`.
   */
  next(): Promise<Batch>;
  /** Gives a batch's arrays back for a later batch; they must not be used after that. Optional, and saves memory traffic. */
  recycle(batch: Batch): void;
  /** Stops working ahead; resolves when nothing is under way any more. */
  close(): Promise<void>;
}

/** How many reasons an error quotes. */
const quotedReasons = 5;

/** Opens a loader and starts to work ahead. Throws a {@link DataError} `BAD_OPTION` or `NO_IMAGES`. */
export function openLoader(options: LoaderOptions): Loader {
  const settings = withDefaults(options);
  const free: Uint8Array<ArrayBuffer>[][] = [];
  const queue: Promise<Batch>[] = [];
  let closed = false;
  let progress: Progress = { position: settings.position, seen: 0, skipped: 0, skippedInARow: 0, reasons: [] };
  // Batches are made one after the other, because where one begins depends on what the one before it skipped.
  let last: Promise<unknown> = Promise.resolve();

  const makeNext = async (): Promise<Batch> => {
    if (closed) throw closedError();
    const crops = free.pop() ?? allocateCrops(settings.policy, settings.batchSize);
    const made = await makeBatch(settings, progress, crops);
    progress = made.progress;
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
      await last.catch(() => {});
      queue.length = 0;
      free.length = 0;
    },
  };
}

type Settings = Required<Omit<LoaderOptions, 'limits'>> &
  Pick<LoaderOptions, 'limits'> & { readonly order: SampleOrder };

function withDefaults(options: LoaderOptions): Settings {
  const settings = {
    ...options,
    position: options.position ?? 0,
    threads: options.threads ?? 1,
    prefetch: options.prefetch ?? 2,
    maximumSkippedShare: options.maximumSkippedShare ?? 0.1,
    minimumImages: options.minimumImages ?? Math.min(1000, options.source.length),
    order: shuffledOrder(options.source.length, options.seed),
  };
  if (settings.source.length === 0) throw new DataError('NO_IMAGES', 'The source holds no images.');
  requireInteger('batchSize', settings.batchSize, 1);
  requireInteger('seed', settings.seed, 0);
  requireInteger('position', settings.position, 0);
  requireInteger('threads', settings.threads, 1);
  requireInteger('prefetch', settings.prefetch, 0);
  return settings;
}

function requireInteger(name: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw new DataError('BAD_OPTION', `The loader's ${name} has to be an integer of at least ${minimum}, not ${value}.`);
}

/** What has been drawn so far; only the position outlives the loader. */
interface Progress {
  readonly position: number;
  readonly seen: number;
  readonly skipped: number;
  readonly skippedInARow: number;
  readonly reasons: readonly string[];
}

/** An image whose turn it is, and the row of the batch that it would get. */
interface Candidate {
  readonly row: number;
  readonly index: number;
  readonly epoch: number;
}

async function makeBatch(
  settings: Settings,
  start: Progress,
  crops: Uint8Array<ArrayBuffer>[],
): Promise<{ batch: Batch; progress: Progress }> {
  const { source, order, batchSize } = settings;
  const images = new Array<number>(batchSize);
  const epochs = new Array<number>(batchSize);
  const skipped: SkippedImage[] = [];
  let progress = start;
  let rows = [...images.keys()];
  while (rows.length > 0) {
    const { position } = progress;
    const candidates = rows.map((row, i): Candidate => ({ row, ...order.at(position + i) }));
    const reasons = await fillRows(settings, candidates, crops);
    rows = [];
    for (const [i, { row, index, epoch }] of candidates.entries()) {
      const reason = reasons.get(i);
      images[row] = index;
      epochs[row] = epoch;
      progress = advance(progress, reason && `${source.name(index)}: ${reason.message}`);
      if (!reason) continue;
      rows.push(row);
      skipped.push({ index, epoch, name: source.name(index), ...reason });
    }
    checkSkipped(settings, progress);
  }
  const names = images.map((index) => source.name(index));
  return { batch: { crops, images, names, epochs, position: progress.position, skipped }, progress };
}

/** Makes the candidates' crops in their rows; the reasons of those that cannot be used, by their place among the candidates. */
async function fillRows(
  { source, policy, seed, threads, batchSize, limits }: Settings,
  candidates: readonly Candidate[],
  crops: Uint8Array<ArrayBuffer>[],
): Promise<Map<number, SkipReason>> {
  const reasons = new Map<number, SkipReason>();
  const inputs = await Promise.all(candidates.map(({ index }) => inputOf(source, index)));
  for (const [i, input] of inputs.entries()) if (isReason(input)) reasons.set(i, input);

  // A batch may reach from one epoch into the next, and the draws of a call are those of one epoch.
  for (const epoch of new Set(candidates.map((candidate) => candidate.epoch))) {
    const places = [...candidates.keys()].filter((i) => candidates[i]!.epoch === epoch && !reasons.has(i));
    const images = places.map((i) => inputs[i] as ImageInput);
    const into = { crops, batch: batchSize };
    const skipped = await callOnAnyFormat(images, threads, limits, async (given, positions) => {
      const requests = given.map((image, i) => ({ image, ...rowAndIndex(candidates[places[positions[i]!]!]!) }));
      return (await makeCrops(requests, policy, seed, epoch, threads, { limits, into })).failures;
    });
    for (const [position, reason] of skipped) reasons.set(places[position]!, reason);
  }
  return reasons;
}

function rowAndIndex({ row, index }: Candidate): { row: number; index: number } {
  return { row, index };
}

function advance(progress: Progress, skippedBecause: string | undefined): Progress {
  const { position, seen, skipped, skippedInARow, reasons } = progress;
  const drawn = { position: position + 1, seen: seen + 1 };
  if (!skippedBecause) return { ...drawn, skipped, skippedInARow: 0, reasons };
  return {
    ...drawn,
    skipped: skipped + 1,
    skippedInARow: skippedInARow + 1,
    reasons: reasons.length < quotedReasons ? [...reasons, skippedBecause] : reasons,
  };
}

function checkSkipped({ source, position, maximumSkippedShare, minimumImages }: Settings, progress: Progress): void {
  const { seen, skipped, skippedInARow, reasons } = progress;
  const quoted = `The first reasons: ${reasons.join('; ')}.`;
  // A good image comes up at least once in any two epochs' length.
  if (skippedInARow >= 2 * source.length) {
    throw new DataError('NO_IMAGES', `None of the ${source.length} images can be used. ${quoted}`);
  }
  // Counted against all of every stretch (of a small source: epoch) that was begun: its bad images may come first, and if
  // they are too many its end need not be seen.
  const before = position % minimumImages;
  const stretch = Math.ceil((before + seen) / minimumImages) * minimumImages;
  if (skipped > maximumSkippedShare * stretch + 1e-6) {
    throw new DataError(
      'TOO_MANY_SKIPPED',
      `${skipped} of ${seen} images could not be used, more than the share of ${maximumSkippedShare} that is allowed. ` +
        `${quoted} Repair or remove them, or raise the share.`,
    );
  }
}

function closedError(): DataError {
  return new DataError('LOADER_CLOSED', 'The loader was closed.');
}
