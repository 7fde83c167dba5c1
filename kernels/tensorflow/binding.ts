/**
 * The native binding of @tensorflow/tfjs-node-gpu: TensorFlow's operations one by one, with tensors known by numbers. The only
 * place that loads it. Its JavaScript is not used: none of it knows bf16.
 *
 * It belongs to one thread; `worker.ts` loads it in a thread of its own.
 */
import { createRequire } from 'node:module';
import { messageOf } from '../../errors.ts';
import { askForGpu, type GpuAnswer } from './ask-for-gpu.ts';
import { TensorFlowError } from './errors.ts';
import { BINDING_VERSION, type Build, placeOf, readStamp, TENSORFLOW_VERSION } from './place.ts';

/** TF_DataType. */
export const TYPES = { f32: 1, i32: 3, u8: 4, bool: 10, bf16: 14, f16: 19 } as const;
export type TensorType = keyof typeof TYPES;
export type TypeNumber = (typeof TYPES)[TensorType];

/** TF_AttrType. */
const ATTRIBUTES = { string: 0, int: 1, float: 2, bool: 3, type: 4 } as const;

export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: string | number | boolean | readonly number[];
}

export const attribute = {
  string: (name: string, value: string): Attribute => ({ name, type: ATTRIBUTES.string, value }),
  int: (name: string, value: number | readonly number[]): Attribute => ({ name, type: ATTRIBUTES.int, value }),
  float: (name: string, value: number): Attribute => ({ name, type: ATTRIBUTES.float, value }),
  bool: (name: string, value: boolean): Attribute => ({ name, type: ATTRIBUTES.bool, value }),
  type: (name: string, value: TypeNumber): Attribute => ({ name, type: ATTRIBUTES.type, value }),
};

/** A tensor that TensorFlow holds until it is deleted. */
export interface Tensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: TypeNumber;
}

/** What the binding exports. */
export interface Binding {
  readonly TF_Version: string;
  /** On a processor the tensor may share the numbers' memory. */
  createTensor(shape: readonly number[], type: TypeNumber, numbers: Float32Array | Int32Array | Uint8Array): number;
  deleteTensor(id: number): void;
  /** Waits for the device. Knows f32, i32 and bool. */
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(name: string, attributes: readonly Attribute[], inputs: readonly number[], outputs: number): Tensor[];
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
}

/** @throws TensorFlowError TENSORFLOW_NOT_SET_UP, TENSORFLOW_NOT_LOADED, NO_GPU */
export function loadBinding(build: Build): Binding {
  const place = placeOf(build);
  const flag = build === 'gpu' ? ' --gpu' : '';
  if (!readStamp(place)) {
    throw new TensorFlowError(
      'TENSORFLOW_NOT_SET_UP',
      `TensorFlow ${TENSORFLOW_VERSION} (${build}) with its binding ${BINDING_VERSION} is not at ${place.folder}. ` +
        `Run 'auspex setup tensorflow${flag}'.`,
    );
  }
  let binding: Binding;
  try {
    binding = createRequire(import.meta.url)(place.module) as Binding;
  } catch (error) {
    throw new TensorFlowError(
      'TENSORFLOW_NOT_LOADED',
      `${place.module} could not be loaded: ${messageOf(error)}. ` +
        `Run 'auspex setup tensorflow${flag} --force', which builds it again.`,
      { cause: error },
    );
  }
  if (build === 'gpu' && !binding.isUsingGpuDevice()) {
    throw noGpu(askForGpu(place.module));
  }
  return binding;
}

/** @param answer what TensorFlow says where it tells why: in this process it may be silent */
export function noGpu(answer: GpuAnswer): TensorFlowError {
  const why = answer.kind === 'seesNone' && answer.why.length > 0 ? ` (${answer.why.join('; ')})` : '';
  return new TensorFlowError(
    'NO_GPU',
    `TensorFlow sees no GPU${why}. 'auspex doctor --gpu' says what is missing; device: tensorflow-cpu runs without one.`,
  );
}
