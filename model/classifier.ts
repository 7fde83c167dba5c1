/** A linear classifier on a trunk's pooled features: what fine-tuning attaches to it (Sec. 4.2.2). */
import type { Layers } from './layers.ts';

export interface ClassifierSpec {
  readonly classes: number;
  /** Normalise the features first. */
  readonly batchNorm: boolean;
}

/** (images, width) -> scores (images, classes); parameters `classifier.weight`, `classifier.bias` and `classifier.bn.*`. */
export function classifier<Tensor>(
  net: Layers<Tensor>,
  { classes, batchNorm }: ClassifierSpec,
  features: Tensor,
): Tensor {
  net.unit('classifier');
  const x = batchNorm ? net.batchNorm(features, 'classifier.bn') : features;
  return net.linear(x, 'classifier', classes, { bias: true, init: 'normal' });
}
