/**
 * SwAV (Sec. 3.1, eq. 1-2; Caron et al. 2020): a projection head, L2-normalised embeddings, and scores against prototypes.
 * The codes of the large crops, from Sinkhorn-Knopp, are predicted from the other crops of the same image.
 */
import type { Layers } from './layers.ts';

export interface HeadSpec {
  /** Widths after the trunk: hidden layers, then the embedding, e.g. [8192, 8192, 256]. */
  readonly widths: readonly number[];
  /** The paper has none; small batches of small networks need it to leave the collapsed start. @default 'none' */
  readonly batchNorm?: 'none' | 'hidden' | 'hidden-and-output';
  readonly prototypes: number;
}

export interface SwavSpec {
  readonly temperature: number;
  /** Entropy weight of Sinkhorn-Knopp. */
  readonly epsilon: number;
  readonly sinkhornIterations: number;
  /** Crops per image whose codes are computed: the first ones, which are the large ones. */
  readonly assignedCrops: number;
  /** Crops per image, all resolutions together. */
  readonly crops: number;
  /** Past embeddings per assigned crop that join Sinkhorn (0 in SEER). */
  readonly queueLength: number;
}

/** MLP with ReLU between the layers; returns unit-length embeddings (images, widths.at(-1)). */
export function projectionHead<Tensor>(net: Layers<Tensor>, spec: HeadSpec, features: Tensor): Tensor {
  net.unit('head');
  const { widths, batchNorm = 'none' } = spec;
  let x = features;
  for (const [index, width] of widths.entries()) {
    x = net.linear(x, `head.${index}`, width, { bias: true, init: 'normal', asMaps: true });
    const last = index === widths.length - 1;
    if (!last && batchNorm !== 'none') x = net.batchNorm(x, `head.${index}.bn`);
    if (!last) x = net.activation(x, 'relu');
    if (last && batchNorm === 'hidden-and-output') x = net.batchNorm(x, `head.${index}.bn`, { affine: false });
  }
  return net.l2Normalize(x);
}

/** Scores (images, prototypes): cosines, once the prototypes have unit length. No bias. */
export function prototypeScores<Tensor>(net: Layers<Tensor>, spec: HeadSpec, embeddings: Tensor): Tensor {
  net.unit('prototypes');
  return net.linear(embeddings, 'prototypes', spec.prototypes, { bias: false, init: 'uniform' });
}
