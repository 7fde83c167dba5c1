/** What the update is on TensorFlow, counted: the arithmetic of docs/gpu.md rests on it (bench/update.ts). */
import assert from 'node:assert/strict';
import { countingBinding } from '../../../bench/count-operations.ts';
import { COMPOSED } from '../../../bench/update.ts';
import { loadBinding } from '../../../kernels/tensorflow/binding.ts';
import { LoadedProgram } from '../../../kernels/tensorflow/loaded-program.ts';
import { Tensors } from '../../../kernels/tensorflow/tensors.ts';
import { appendUpdate, UPDATE } from '../../../program/update.ts';
import { builderOf } from '../../program/tiny-program.ts';
import { hasTensorFlow } from '../executors.ts';

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
    const { binding, counted } = countingBinding(loadBinding('cpu'), elements);
    const loaded = new LoadedProgram(program, new Tensors(binding), false);
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
