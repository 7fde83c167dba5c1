/** Encoders that are loaded: each is shared by all who want it, and those that have nothing to embed make room for others. */
import { availableParallelism } from 'node:os';
import type { SkipReason } from '../../../data/errors.ts';
import type { ImageLimits } from '../../../kernels/images.ts';
import type { FeatureLayer } from '../../../program/encoder.ts';
import { ApiError } from '../errors.ts';
import { CheckpointLookup } from './checkpoint-lookup.ts';
import { type EncodedImage, EncoderLadder } from './encoder-ladder.ts';
import { MicroBatcher } from './micro-batcher.ts';

export interface EncoderWanted {
  /** A run folder, whose latest checkpoint is taken, or a checkpoint's folder. */
  readonly checkpoint: string;
  readonly layer: FeatureLayer;
  /** Side of a view in pixels. */
  readonly size: number;
}

export interface PoolOptions {
  /** Encoders that are loaded at once. */
  readonly maximumEncoders: number;
  readonly batchSizes: readonly number[];
  /** Milliseconds that an image waits for others at most. */
  readonly patience: number;
  readonly imageLimits: Partial<ImageLimits>;
  /** Throws where a checkpoint holds what callers must not read. */
  check(checkpoint: string): Promise<void>;
}

/** An encoder that is there whenever it has images to embed. Between them it may make room for others, and is loaded again. */
export interface PooledEncoder {
  /** Of one image's features. */
  readonly shape: readonly number[];
  /** Images that keep it busy. */
  readonly largestBatch: number;
  /** @returns features, or why the image has none. @throws CheckpointError, ApiError API_ENCODERS_BUSY */
  embed(image: EncodedImage, signal: AbortSignal): Promise<Float32Array | SkipReason>;
}

/** A view with what it will become. */
type Batcher = MicroBatcher<EncodedImage, Uint8Array<ArrayBuffer> | SkipReason, Float32Array | SkipReason>;

interface Loaded {
  readonly ladder: EncoderLadder;
  readonly batcher: Batcher;
}

interface Entry {
  readonly loaded: Promise<Loaded>;
  /** Of which it must not be freed before they have ended. */
  numUses: number;
}

export class EncoderPool {
  readonly #options: PoolOptions;
  /** The least recently wanted first. */
  readonly #entries = new Map<string, Entry>();
  readonly #checkpoints = new CheckpointLookup();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** @throws CheckpointError, ApiError API_ENCODERS_BUSY */
  async encoder(wanted: EncoderWanted): Promise<PooledEncoder> {
    const found = { ...wanted, checkpoint: await this.#checkpoints.find(wanted.checkpoint) };
    const { shape, largestBatch } = await this.#use(found, async ({ ladder }) => ladder);
    return {
      shape,
      largestBatch,
      embed: (image, signal) => this.#use(found, ({ batcher }) => batcher.add(image, signal)),
    };
  }

  /** Gives all memory back. Nothing may be embedded any more. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    const loaded = await Promise.allSettled(entries.map(({ loaded }) => loaded));
    await Promise.all(loaded.map((one) => (one.status === 'fulfilled' ? one.value.ladder.free() : undefined)));
  }

  /** Loads an encoder where it is not loaded, and keeps it until the work is done. */
  async #use<T>(wanted: EncoderWanted, work: (loaded: Loaded) => Promise<T>): Promise<T> {
    const key = JSON.stringify([wanted.checkpoint, wanted.layer, wanted.size]);
    const entry = this.#entries.get(key) ?? this.#newEntry(key, wanted);
    // Once more at the end: it is the last that is given up.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.numUses += 1;
    try {
      return await work(await entry.loaded);
    } finally {
      entry.numUses -= 1;
    }
  }

  #newEntry(key: string, wanted: EncoderWanted): Entry {
    this.#makeRoom();
    const entry: Entry = { loaded: this.#load(wanted), numUses: 0 };
    entry.loaded.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry;
  }

  #makeRoom(): void {
    if (this.#entries.size < this.#options.maximumEncoders) return;
    for (const [key, { numUses, loaded }] of this.#entries) {
      if (numUses > 0) continue;
      this.#entries.delete(key);
      void loaded.then(({ ladder }) => ladder.free());
      return;
    }
    const message = `All ${this.#options.maximumEncoders} encoders that may be loaded at once have images to embed; try again when calls have ended.`;
    throw new ApiError('API_ENCODERS_BUSY', message);
  }

  async #load({ checkpoint, layer, size }: EncoderWanted): Promise<Loaded> {
    const { batchSizes, patience, imageLimits } = this.#options;
    await this.#options.check(checkpoint);
    const ladder = await EncoderLadder.load(checkpoint, { layer, size, batchSizes });
    const batcher: Batcher = new MicroBatcher(
      {
        prepare: (image) => ladder.decode(image, imageLimits),
        take: (ready) => ladder.take(ready),
        run: (batch, signal) => embedViews(ladder, batch, signal),
      },
      { patience, preparing: availableParallelism() + 1 },
    );
    return { ladder, batcher };
  }
}

/** Features of those that have a view; the others keep their reasons. */
async function embedViews(
  ladder: EncoderLadder,
  batch: readonly (Uint8Array<ArrayBuffer> | SkipReason)[],
  signal: AbortSignal,
): Promise<(Float32Array | SkipReason)[]> {
  const views = batch.filter((view) => view instanceof Uint8Array);
  const features = views.length === 0 ? new Float32Array() : await ladder.embed(views, signal);
  let row = 0;
  return batch.map((view) =>
    view instanceof Uint8Array ? features.subarray(row * ladder.width, ++row * ladder.width) : view,
  );
}
