/**
 * One encoder at several batch sizes. A run takes as long as its batch is large, however few images are in it; so a few images get a
 * small batch, and many a large one.
 */
import type { SkipReason } from '../../../data/errors.ts';
import { loadEvaluationViews } from '../../../data/evaluation-views.ts';
import type { Encoder } from '../../../evals/features/encoder.ts';
import type { ImageLimits } from '../../../kernels/images.ts';
import type { FeatureLayer } from '../../../program/encoder.ts';
import { loadEncoders } from '../../../training/checkpoints/load-encoder.ts';

export interface LadderOptions {
  readonly layer: FeatureLayer;
  /** Side of a view in pixels. */
  readonly size: number;
  readonly batchSizes: readonly number[];
}

/** An image as it came, or the file that it is. */
export interface EncodedImage {
  readonly name: string;
  readonly data?: Uint8Array;
  readonly path?: string;
}

export class EncoderLadder {
  /** Of one image's features. */
  readonly shape: readonly number[];
  /** Of one image's features. */
  readonly width: number;
  readonly size: number;
  /** By batch size, the largest first. */
  readonly #rungs: readonly Encoder[];
  /** Memory of one view each that nobody uses at the moment: new memory for every image would keep the garbage collector busy. */
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  /** Of a run. */
  readonly #batch: Uint8Array;

  /** @param checkpoint a run folder, or a checkpoint's. @throws CheckpointError */
  static async load(checkpoint: string, { layer, size, batchSizes }: LadderOptions): Promise<EncoderLadder> {
    const sizes = [...batchSizes].sort((one, other) => other - one);
    return new EncoderLadder(
      await loadEncoders(
        checkpoint,
        sizes.map((batchSize) => ({ layer, size, batchSize })),
      ),
    );
  }

  private constructor(rungs: readonly Encoder[]) {
    const [largest] = rungs;
    this.#rungs = rungs;
    this.shape = largest!.shape;
    this.width = largest!.width;
    this.size = largest!.viewShape[0];
    this.#batch = new Uint8Array(this.largestBatch * this.#viewBytes);
  }

  get #viewBytes(): number {
    return this.size * this.size * 3;
  }

  get largestBatch(): number {
    return this.#rungs[0]!.batchSize;
  }

  /** How many of so many waiting images one run should take: those of the smallest batch that they almost fill. */
  take(waiting: number): number {
    const rung = this.#rungs.find(({ batchSize }) => waiting >= 0.9 * batchSize);
    return Math.min(waiting, (rung ?? this.#rungs.at(-1)!).batchSize);
  }

  /** @returns its centre view, (size, size, 3) uint8, for `embed` alone; or why it has none */
  async decode(
    { name, data, path }: EncodedImage,
    limits: Partial<ImageLimits>,
  ): Promise<Uint8Array<ArrayBuffer> | SkipReason> {
    const source = {
      length: 1,
      name: () => name,
      read: async () => data!,
      ...(path !== undefined && { path: () => path }),
    };
    const into = this.#spare.pop() ?? new Uint8Array(this.#viewBytes);
    const { views, skipped } = await loadEvaluationViews(source, [0], { size: this.size, limits, into });
    const [reason] = skipped;
    if (!reason) return views;
    this.#spare.push(into);
    return { code: reason.code, message: reason.message };
  }

  /**
   * One call at a time.
   * @param views from `decode`, of at most the largest batch; they are used up
   * @returns their features, row after row
   */
  embed(views: readonly Uint8Array<ArrayBuffer>[], signal: AbortSignal): Promise<Float32Array> {
    const rung = this.#rungs.findLast(({ batchSize }) => batchSize >= views.length)!;
    for (const [i, view] of views.entries()) this.#batch.set(view, i * this.#viewBytes);
    this.#spare.push(...views);
    return rung.embed(this.#batch.subarray(0, views.length * this.#viewBytes), signal);
  }

  async free(): Promise<void> {
    await Promise.all(this.#rungs.map((rung) => rung.free()));
  }
}
