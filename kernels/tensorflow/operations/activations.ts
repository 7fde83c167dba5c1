/** Activations and their derivatives, f32. */
import type { Activation } from '../../../model/layers.ts';
import type { Tensor } from '../binding.ts';
import type { Tensors } from '../tensors.ts';

export function activate(t: Tensors, z: Tensor, activation: Activation): Tensor {
  switch (activation) {
    case 'none':
      return z;
    case 'relu':
      return t.one('Relu', [z]);
    case 'sigmoid':
      return t.one('Sigmoid', [z]);
    case 'silu':
      return t.multiply(z, t.one('Sigmoid', [z]));
  }
}

/** f'(z). */
export function slope(t: Tensors, z: Tensor, activation: Activation): Tensor {
  switch (activation) {
    case 'none':
      return t.one('OnesLike', [z]);
    case 'relu':
      return t.cast(t.is(z, 'Greater', 0), 'f32');
    case 'sigmoid': {
      const s = t.one('Sigmoid', [z]);
      return t.multiply(s, t.subtract(t.constant(1), s));
    }
    case 'silu': {
      const s = t.one('Sigmoid', [z]);
      const one = t.constant(1);
      return t.multiply(s, t.add(one, t.multiply(z, t.subtract(one, s))));
    }
  }
}

/** gradient * f'(z). */
export function activateBackward(t: Tensors, z: Tensor, gradient: Tensor, activation: Activation): Tensor {
  if (activation === 'none') return gradient;
  if (activation === 'relu') return t.one('ReluGrad', [gradient, z]);
  return t.multiply(gradient, slope(t, z, activation));
}
