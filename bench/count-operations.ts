/** TensorFlow's binding, with a count of what it is asked to compute. */
import type { Binding } from '../kernels/tensorflow/binding.ts';

export interface Counted {
  operations: number;
  /** That they read and wrote, of tensors of f32 with at least so many elements as asked for. */
  bytes: number;
}

/** New names of the same numbers. */
const RENAMING = new Set(['Reshape', 'Identity']);

/** @param least elements of a tensor that counts; operations on smaller ones alone do not */
export function countingBinding(binding: Binding, least = 0): { readonly binding: Binding; readonly counted: Counted } {
  const sizes = new Map<number, number>();
  const counted: Counted = { operations: 0, bytes: 0 };
  const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);
  const counting: Binding = {
    TF_Version: binding.TF_Version,
    deleteTensor: (id) => binding.deleteTensor(id),
    tensorDataSync: (id) => binding.tensorDataSync(id),
    isUsingGpuDevice: () => binding.isUsingGpuDevice(),
    getNumOfTensors: () => binding.getNumOfTensors(),
    createTensor(shape, type, numbers) {
      const id = binding.createTensor(shape, type, numbers);
      sizes.set(id, size(shape));
      return id;
    },
    executeOp(name, attributes, inputs, outputs) {
      const made = binding.executeOp(name, attributes, inputs, outputs);
      for (const { id, shape } of made) sizes.set(id, size(shape));
      if (RENAMING.has(name)) return made;
      const operands = [...inputs, ...made.map(({ id }) => id)].map((id) => sizes.get(id) ?? 0);
      const large = operands.filter((elements) => elements >= least);
      if (large.length > 0) counted.operations++;
      counted.bytes += 4 * large.reduce((sum, elements) => sum + elements, 0);
      return made;
    },
  };
  return { binding: counting, counted };
}
