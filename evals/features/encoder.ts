/**
 * A trained encoder: decoded views in, features out. Runs the encoder program in batches of fixed size.
 */
import { availableParallelism } from 'node:os';
import type { TensorFile } from '../../checkpoints/safetensors.ts';
import { placeOf } from '../../checkpoints/tensor-places.ts';
import { CompiledProgram, type Executor, hasBf16 } from '../../kernels/executor.ts';
import type { ClassifierSpec } from '../../model/classifier.ts';
import type { TrunkSpec } from '../../model/regnet.ts';
import type { HeadSpec } from '../../model/swav.ts';
import { ENCODER, type EncoderLayer, encoderProgram } from '../../program/encoder.ts';
import { valueNamed } from '../../program/program.ts';
import { isPersistent } from '../../program/values.ts';
import { EvaluationError } from '../errors.ts';

export interface EncoderOptions {
  /** @default 'pool' */
  readonly layer?: EncoderLayer;
  /** Side of the views in pixels, or [height, width]. @default 224 */
  readonly size?: number | ViewShape;
  /** Views per run. @default 32 */
  readonly batchSize?: number;
  /** @default one per core */
  readonly threads?: number;
  /** @default 'auto': bf16 where the processor computes in it */
  readonly precision?: 'auto' | 'fp32' | 'bf16';
}

/** [height, width] in pixels. */
export type ViewShape = readonly [height: number, width: number];

/** What an encoder is made of; a checkpoint's state says it. */
export interface EncoderDescription {
  readonly trunk: TrunkSpec;
  readonly head: HeadSpec;
  /** Where the trunk was fine-tuned on classes. */
  readonly classifier?: ClassifierSpec;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** What an encoder on this machine computes a layer in; maps are read as f32. */
export function encoderPrecision(
  layer: EncoderLayer,
  precision: NonNullable<EncoderOptions['precision']>,
): 'f32' | 'bf16' {
  const bf16 = precision === 'bf16' || (precision === 'auto' && hasBf16());
  return bf16 && !layer.startsWith('res') ? 'bf16' : 'f32';
}

/** Gives the f32 values of a parameter or running statistic by its name in the program (`trunk.stem.conv.weight`). */
export type WeightSource = (name: string) => Float32Array;

export class Encoder {
  readonly layer: EncoderLayer;
  readonly viewShape: ViewShape;
  readonly batchSize: number;
  /** Shape of one image's features: [channels], or [height, width, channels] of a map. */
  readonly shape: readonly number[];
  readonly #executor: Executor;
  #turn: Promise<unknown> = Promise.resolve();

  /** An encoder with first values instead of trained ones. */
  static untrained(description: EncoderDescription, seed: number, options: EncoderOptions = {}): Encoder {
    return new Encoder(description, seed, options);
  }

  /** @param weights trained values, or the seed of first ones. */
  constructor(description: EncoderDescription, weights: WeightSource | number, options: EncoderOptions = {}) {
    const {
      layer = 'pool',
      size = 224,
      batchSize = 32,
      threads = availableParallelism(),
      precision = 'auto',
    } = options;
    const { trunk, head, classifier, mean, std: deviation } = description;
    const viewShape: ViewShape = typeof size === 'number' ? [size, size] : size;
    const program = encoderProgram({
      trunk,
      head,
      classifier,
      layer,
      grid: { images: batchSize, height: viewShape[0], width: viewShape[1] },
      mean,
      deviation,
      precision: encoderPrecision(layer, precision),
    });
    this.#executor = new CompiledProgram(program, { threads }).allocate();
    this.layer = layer;
    this.viewShape = viewShape;
    this.batchSize = batchSize;
    const { grids, shape } = valueNamed(program, ENCODER.features);
    const [grid] = grids ?? [];
    this.shape = grid && layer.startsWith('res') ? [grid.height, grid.width, shape[1]!] : [shape[1]!];
    if (typeof weights === 'number') this.#executor.initialise(weights);
    else this.load(weights);
  }

  /** Numbers per image. */
  get width(): number {
    return this.shape.reduce((product, extent) => product * extent, 1);
  }

  /** Takes other weights of the same shapes. */
  load(weights: WeightSource): void {
    for (const value of this.#executor.program.values.filter(isPersistent)) {
      this.#executor.write(value.name, weights(value.name));
    }
  }

  /**
   * Calls run one after another.
   * @param views (count, height, width, 3) uint8.
   * @param signal ends a run between two operations; what was computed by then is lost.
   * @returns (count, width) f32.
   */
  embed(views: Uint8Array, signal?: AbortSignal): Promise<Float32Array> {
    const result = this.#turn.then(() => this.#embed(views, signal));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Gives its memory back when what was asked for is done; it is of no use afterwards. */
  free(): Promise<void> {
    const freed = this.#turn.then(() => this.#executor.free());
    this.#turn = freed;
    return freed;
  }

  async #embed(views: Uint8Array, signal: AbortSignal | undefined): Promise<Float32Array> {
    const [height, width] = this.viewShape;
    const viewBytes = height * width * 3;
    const count = views.length / viewBytes;
    if (!Number.isInteger(count)) {
      throw new EvaluationError(
        'WRONG_VIEWS',
        `Views of ${height} x ${width} x 3 bytes cannot fill ${views.length} bytes.`,
      );
    }
    const features = new Float32Array(count * this.width);
    const batch = new Float32Array(this.batchSize * this.width);
    for (let first = 0; first < count; first += this.batchSize) {
      const rows = Math.min(this.batchSize, count - first);
      this.#executor.write(ENCODER.crops, views.subarray(first * viewBytes, (first + rows) * viewBytes), 0);
      await (signal ? this.#executor.runUntil(signal) : this.#executor.run());
      this.#executor.read(ENCODER.features, batch);
      features.set(batch.subarray(0, rows * this.width), first * this.width);
    }
    return features;
  }
}

/** Reads weights from a checkpoint's files. */
export function weightsOf(files: ReadonlyMap<string, TensorFile>): WeightSource {
  return (name) => {
    const place = placeOf(name);
    const file = files.get(place.file);
    if (!file) throw new EvaluationError('WRONG_CHECKPOINT', `The checkpoint has no ${place.file}.safetensors.`);
    const { data } = file.tensor(place.tensor);
    return new Float32Array(Uint8Array.from(data).buffer);
  };
}
