/** A checkpoint as evaluations see it. Who knows how to open one hands it in. */
import type { TensorFile } from '../checkpoints/safetensors.ts';
import { placeOf } from '../checkpoints/tensor-places.ts';
import { encoderProgram, type FeatureLayer } from '../program/encoder.ts';
import { ProgramError } from '../program/errors.ts';
import type { Program } from '../program/program.ts';
import { isPersistent } from '../program/values.ts';
import { EvaluationError } from './errors.ts';
import { Encoder, type EncoderDescription, type EncoderOptions, weightsOf } from './features/encoder.ts';

/** Side of the view of a program that nobody runs. */
const SIDE = 224;

export interface EvaluatedCheckpoint {
  /** Its folder. */
  readonly path: string;
  readonly step: number;
  /** SHA-256 over its checksums; of an untrained network, over what it is made of. */
  readonly digest: string;
  readonly architecture: string;
  /** Of the trunk. */
  readonly parameters: number;
  readonly description: EncoderDescription;
  /** Trained values by file, or the seed of first ones. */
  readonly weights: ReadonlyMap<string, TensorFile> | number;
  /** The `config` of its state: a checkpoint with it is opened as this one is. */
  readonly config: unknown;
  /** Names of the classes that it tells apart, where it was fine-tuned on some. */
  readonly classes?: readonly string[] | undefined;
}

/** @throws EvaluationError FEATURES_NOT_FINITE where a weight is no number: activations could hide that from the features */
export function encoderOf({ path, description, weights }: EvaluatedCheckpoint, options: EncoderOptions): Encoder {
  if (typeof weights === 'number') return Encoder.untrained(description, weights, options);
  const read = weightsOf(weights);
  const readChecked = (name: string) => {
    const values = read(name);
    const broken = values.findIndex((value) => !Number.isFinite(value));
    if (broken < 0) return values;
    const message = `${path}: a value of ${name} is ${values[broken]}; the training has diverged: go back to an earlier checkpoint.`;
    throw new EvaluationError('FEATURES_NOT_FINITE', message);
  };
  return new Encoder(description, readChecked, options);
}

/**
 * Finds out whether a checkpoint has all that a layer is computed from, without reading it.
 * @throws EvaluationError WRONG_CHECKPOINT
 */
export function requireLayer({ path, description, weights }: EvaluatedCheckpoint, layer: FeatureLayer): void {
  const program = programOf(path, description, layer);
  if (typeof weights === 'number') return;
  for (const { name } of program.values.filter(isPersistent)) {
    const { file, tensor } = placeOf(name);
    if (weights.get(file)?.entries.has(tensor)) continue;
    const message = `${path} has no layer ${layer}: ${tensor} of its ${file} is missing; take another layer or checkpoint.`;
    throw new EvaluationError('WRONG_CHECKPOINT', message);
  }
}

function programOf(
  path: string,
  { trunk, head, mean, std: deviation }: EncoderDescription,
  layer: FeatureLayer,
): Program {
  const grid = { images: 1, height: SIDE, width: SIDE };
  try {
    return encoderProgram({ trunk, head, layer, grid, mean, deviation, precision: 'f32' });
  } catch (cause) {
    if (!(cause instanceof ProgramError)) throw cause;
    throw new EvaluationError('WRONG_CHECKPOINT', `${path} has no layer ${layer}: ${cause.message}`, { cause });
  }
}
