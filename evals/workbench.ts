/** What a protocol works with: splits, and features through the cache. */
import { availableParallelism } from 'node:os';
import type { EvaluationView } from '../data/evaluation-views.ts';
import { partOf } from '../data/part-of.ts';
import { groupByShape, type ShapeGroup } from '../data/whole-shapes.ts';
import type { FeatureLayer } from '../program/encoder.ts';
import type { Dataset, Split, SplitName } from './datasets/dataset.ts';
import { EvaluationError } from './errors.ts';
import { type EvaluatedCheckpoint, encoderOf } from './evaluated-checkpoint.ts';
import { computeFeatures } from './features/compute-features.ts';
import { embedBatches, type SkippedImage } from './features/embed-images.ts';
import { type Encoder, type EncoderOptions, encoderPrecision, type ViewShape } from './features/encoder.ts';
import type { FeatureCache, FeatureKey } from './features/feature-cache.ts';
import { features } from './features/features.ts';
import { digestOfImages } from './features/images-digest.ts';
import type { FeatureRequest, SplitFeatures, Workbench } from './protocols/protocol.ts';
import type { UsedFeatures } from './result.ts';

/** Images per run of the encoder. */
const BATCH_SIZE = 32;

export interface BenchParts {
  readonly data: Dataset;
  /** Those that the protocol may ask for, by the names that it has for them. */
  readonly splits: ReadonlyMap<SplitName, FoundSplit>;
  readonly checkpoint: EvaluatedCheckpoint;
  readonly cache: FeatureCache;
  readonly out: string;
  readonly precision: NonNullable<EncoderOptions['precision']>;
  readonly signal: AbortSignal;
  readonly onProgress: Workbench['progress'];
}

/** A split, and what the dataset calls it. */
export interface FoundSplit {
  readonly name: SplitName;
  readonly split: Split;
}

export class Bench implements Workbench {
  readonly data: Dataset;
  readonly checkpoint: string;
  readonly model: EvaluatedCheckpoint;
  readonly out: string;
  readonly signal: AbortSignal;
  /** What was asked for until now. */
  readonly used: UsedFeatures[] = [];
  /** Images that could be used, and that could not, by the dataset's name of their split. */
  readonly rows = new Map<SplitName, number>();
  readonly skipped = new Map<SplitName, readonly SkippedImage[]>();
  readonly #parts: BenchParts;
  readonly #digests = new Map<SplitName, Promise<string>>();
  /** The one that was used last. */
  #encoder: Encoder | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: BenchParts) {
    this.#parts = parts;
    this.data = parts.data;
    this.checkpoint = parts.checkpoint.path;
    this.model = parts.checkpoint;
    this.out = parts.out;
    this.signal = parts.signal;
  }

  async split(name: SplitName): Promise<Split> {
    return this.#found(name).split;
  }

  /** Calls run one after another. */
  features(request: FeatureRequest): Promise<SplitFeatures> {
    const result = this.#turn.then(() => this.#features(request));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async *batches(request: FeatureRequest, view: EvaluationView = 'centre'): AsyncGenerator<SplitFeatures> {
    const { layer, size } = request;
    const { name, split } = this.#found(request.split);
    const { length } = split.images;
    const all: ShapeGroup = { shape: [size, size], images: Array.from({ length }, (_, image) => image) };
    const groups = view === 'whole' ? await groupByShape(split.images, size, this.signal) : [all];
    const skipped: SkippedImage[] = [];
    let count = 0;
    for (const { shape, images } of groups) {
      const encoder = await this.#encoderFor({ layer, size: shape, images: images.length });
      const before = count + skipped.length;
      for await (const batch of embedBatches(
        partOf(split.images, images.length, (index) => images[index]!),
        encoder,
        {
          threads: availableParallelism(),
          signal: this.signal,
          onProgress: (done) => this.progress(`${layer} maps of ${name}`, before + done, length),
          view,
        },
      )) {
        count += batch.images.length;
        skipped.push(...batch.skipped);
        yield {
          features: features(batch.features, encoder.width),
          shape: encoder.shape,
          rows: Int32Array.from(batch.images, (index) => images[index]!),
        };
      }
    }
    const precision = encoderPrecision(layer, this.#parts.precision);
    this.used.push({ split: name, layer, size, precision, cached: false });
    this.noteImages(request.split, count, skipped);
  }

  noteImages(asked: SplitName, used: number, skipped: readonly SkippedImage[]): void {
    const { name } = this.#found(asked);
    this.rows.set(name, used);
    this.skipped.set(name, skipped);
  }

  progress(stage: string, done: number, total: number): void {
    this.#parts.onProgress(stage, done, total);
  }

  /** Gives the encoder's memory back. */
  async close(): Promise<void> {
    await this.#encoder?.free();
    this.#encoder = undefined;
  }

  async #features(request: FeatureRequest): Promise<SplitFeatures> {
    const { name, split } = this.#found(request.split);
    const key = await this.#keyOf(request, name, split);
    const { layer, size, precision } = key;
    const stage = `${layer} features of ${name}`;
    const { values, shape, rows, skipped, cached } = await this.#parts.cache.get(key, async () =>
      computeFeatures(split.images, await this.#encoderFor({ layer, size: [size, size] }), {
        average: key.average,
        threads: availableParallelism(),
        signal: this.signal,
        onProgress: (done, total) => this.progress(stage, done, total),
      }),
    );
    this.used.push({ split: name, layer, size, precision, cached });
    this.rows.set(name, rows.length);
    this.skipped.set(name, skipped);
    const width = shape.reduce((product, extent) => product * extent, 1);
    return { features: features(values, width), shape, rows };
  }

  #found(name: SplitName): FoundSplit {
    const found = this.#parts.splits.get(name);
    if (found) return found;
    throw new EvaluationError('SPLIT_MISSING', `Split ${name} of ${this.data.name} was not asked for beforehand.`);
  }

  async #keyOf({ layer, size, average }: FeatureRequest, name: SplitName, { images }: Split): Promise<FeatureKey> {
    const known = this.#digests.get(name) ?? digestOfImages(images, this.signal);
    this.#digests.set(name, known);
    const { checkpoint, precision } = this.#parts;
    return {
      checkpoint: checkpoint.digest,
      images: await known,
      layer,
      average: (average ?? false) && layer.startsWith('res'),
      size,
      precision: encoderPrecision(layer, precision),
    };
  }

  /** @param wanted how many images there are, where they are few */
  async #encoderFor(wanted: { layer: FeatureLayer; size: ViewShape; images?: number }): Promise<Encoder> {
    const { layer, size, images = BATCH_SIZE } = wanted;
    const { checkpoint, precision } = this.#parts;
    const batchSize = Math.min(BATCH_SIZE, images);
    const last = this.#encoder;
    if (last?.layer === layer && last.batchSize === batchSize && `${last.viewShape}` === `${size}`) return last;
    await last?.free();
    this.#encoder = encoderOf(checkpoint, { layer, size, batchSize, precision });
    return this.#encoder;
  }
}
