/** What the update is on TensorFlow, counted: the arithmetic of docs/gpu.md rests on it (bench/update.ts). */
import assert from 'node:assert/strict';
import { COMPOSED } from '../../../bench/update.ts';
import { type Binding, loadBinding } from '../../../kernels/tensorflow/binding.ts';
import { LoadedProgram } from '../../../kernels/tensorflow/loaded-program.ts';
import { Tensors } from '../../../kernels/tensorflow/tensors.ts';
import { appendUpdate, UPDATE } from '../../../program/update.ts';
import { builderOf } from '../../program/tiny-program.ts';
import { hasTensorFlow } from '../executors.ts';

/** Operations on so many elements at least, and the bytes that they read and wrote. */
function counting(binding: Binding, least: number) {
  const sizes = new Map<number, number>();
  const counted = { operations: 0, bytes: 0 };
  const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);
  const counts: Binding = new Proxy(binding, {
    get(target, name) {
      if (name === 'createTensor') {
        return (...args: Parameters<Binding['createTensor']>) => {
          const id = target.createTensor(...args);
          sizes.set(id, size(args[0]));
          return id;
        };
      }
      if (name !== 'executeOp') return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
      return (...args: Parameters<Binding['executeOp']>) => {
        const made = target.executeOp(...args);
        for (const { id, shape } of made) sizes.set(id, size(shape));
        const all = [...args[2], ...made.map(({ id }) => id)].map((id) => sizes.get(id) ?? 0);
        // New names of the same numbers.
        if (['Reshape', 'Identity'].includes(args[0])) return made;
        const large = all.filter((elements) => elements >= least);
        if (large.length === 0) return made;
        counted.operations++;
        counted.bytes += 4 * large.reduce((sum, each) => sum + each, 0);
        return made;
      };
    },
  });
  return { counts, counted };
}

(hasTensorFlow ? describe : describe.skip)('TensorFlow: the update', () => {
  it('takes as many operations and bytes as the arithmetic says', () => {
    const elements = 1000;
    const net = builderOf('update');
    const weight = net.value({ name: 'weight', role: 'parameter', shape: [elements] });
    const gradient = net.value({ name: 'gradient', role: 'input', shape: [elements] });
    net.value({ name: UPDATE.loss, role: 'input', shape: [1] });
    const larc = { enabled: true, trustCoefficient: 0.001, epsilon: 1e-8 };
    const optimizer = { momentum: 0.9, weightDecay: 1e-5, larc };
    const program = appendUpdate(net.program(), new Map([[weight, gradient]]), { optimizer, moments: [] });
    const { counts, counted } = counting(loadBinding('cpu'), elements);
    const loaded = new LoadedProgram(program, new Tensors(counts), false);
    const bytes = (values: ArrayLike<number>) => new Uint8Array(Float32Array.from(values).buffer);
    for (const { id, name, role } of program.values) {
      if (role === 'output') continue;
      const length =
        name === UPDATE.control ? [0.1, 0] : name === UPDATE.loss ? [1] : new Float32Array(elements).fill(1);
      loaded.write(id, bytes(length));
    }
    Object.assign(counted, { operations: 0, bytes: 0 });
    loaded.run({ first: 0, end: program.operations.length, timed: false, isCancelled: () => false });
    // One more is made of numbers alone: LARC's decay.
    assert.deepEqual(counted, { operations: COMPOSED.operations - 1, bytes: COMPOSED.bytes * elements });
    loaded.free();
  });
});
