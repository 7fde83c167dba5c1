/**
 * Every operation that a program can contain, with the names of its operands.
 *
 * Shapes: P pixels over all resolutions, N images (crops), C channels, S resolutions, K prototypes, D embedding width,
 * L parameters. A `?` operand may be absent. `inputs` are read, `outputs` written once, `updates` changed in place.
 */
import type { Activation } from '../model/layers.ts';
import type { ValueId } from './values.ts';

export interface ConvolutionAttributes {
  readonly kernel: number;
  readonly stride: number;
  readonly groups: number;
}

/** What turns pre-normalised x into z: z = (x - mean) / sqrt(variance + epsilon) * scale + shift, then `activation`. */
export interface NormAttributes extends Synchronised {
  readonly epsilon: number;
  readonly activation: Activation;
}

interface Base<
  Kind extends string,
  Inputs extends object,
  Outputs extends object,
  Attributes = object,
  Updates = object,
> {
  readonly kind: Kind;
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly updates: Updates;
  readonly attributes: Attributes;
  /** The unit (stem, a block, head) that the operation belongs to. */
  readonly unit: string;
  readonly phase: Phase;
}

export type Phase = 'forward' | 'recompute' | 'backward' | 'update';

type Operands<Required extends string, Optional extends string = never> = {
  readonly [Name in Required]: ValueId;
} & { readonly [Name in Optional]?: ValueId };
type Lists<Names extends string> = { readonly [Name in Names]: readonly ValueId[] };

/** x and the statistics and affine parameters that normalise it. mean, variance (S, C) or, in inference, (C). */
type Normalised = 'input' | 'mean' | 'variance';
type Affine = 'scale' | 'shift';

export type Operation =
  // ── images and convolutions ────────────────────────────────────────────────────────────────────────────────────
  /** (P, 3) -> (x - mean) / deviation, in the type of feature maps; u8 is divided by 255 first. */
  | Base<
      'normalizeImages',
      Operands<'input'>,
      Operands<'output'>,
      { mean: readonly number[]; deviation: readonly number[] }
    >
  | Base<'convolution', Operands<'input' | 'weight'>, Operands<'output'>, ConvolutionAttributes>
  /** Inference only: activation(batchNorm(convolution) + residual), as one; mean and variance (C) of the output. */
  | Base<
      'foldedConvolution',
      Operands<'input' | 'weight' | 'mean' | 'variance', Affine | 'residual'>,
      Operands<'output'>,
      ConvolutionAttributes & NormAttributes
    >
  /** `accumulate` (1x1, stride 1, one group): a gradient that is there already and that the output replaces, in its place. */
  | Base<
      'convolutionBackwardData',
      Operands<'outputGradient' | 'weight', 'accumulate'>,
      Operands<'inputGradient'>,
      ConvolutionAttributes
    >
  | Base<
      'convolutionBackwardWeights',
      Operands<'input' | 'outputGradient'>,
      Operands<'weightGradient'>,
      ConvolutionAttributes
    >
  // ── batch normalisation ────────────────────────────────────────────────────────────────────────────────────────
  /** Mean and biased variance of each channel over the pixels of each resolution: (S, C). */
  | Base<'batchNormMoments', Operands<'input'>, Operands<'mean' | 'variance'>, Synchronised>
  /** running += momentum * (moment - running) for one resolution after the other; the variance unbiased by its count. */
  | Base<
      'updateRunningMoments',
      Operands<'mean' | 'variance', 'applied'>,
      object,
      { momentum: number; counts: readonly number[] },
      Operands<'runningMean' | 'runningVariance'>
    >
  /** activation(z + residual). */
  | Base<'batchNorm', Operands<Normalised, Affine | 'residual'>, Operands<'output'>, NormAttributes>
  /** `output` only where a residual was added: the derivative of ReLU is then read off it. */
  | Base<
      'batchNormBackward',
      Operands<Normalised | 'outputGradient', Affine | 'output'>,
      Operands<'inputGradient', 'residualGradient' | 'scaleGradient' | 'shiftGradient'>,
      NormAttributes
    >
  /** mean over each image of activation(z): (N, C). */
  | Base<'squeeze', Operands<Normalised, Affine>, Operands<'pooled'>, NormAttributes>
  /** activation(z) * gate, gate (N, C). */
  | Base<'excite', Operands<Normalised | 'gate', Affine>, Operands<'output'>, NormAttributes>
  /** Gradient of the gate, and per image and channel the five sums that squeezeBackward needs: (N, 5, C). */
  | Base<
      'exciteBackward',
      Operands<Normalised | 'outputGradient', Affine>,
      Operands<'gateGradient' | 'sums'>,
      NormAttributes
    >
  /** Gradient of x through both branches, the gated map and the pooled one. */
  | Base<
      'squeezeBackward',
      Operands<Normalised | 'outputGradient' | 'gate' | 'sums' | 'pooledGradient', Affine>,
      Operands<'inputGradient', 'scaleGradient' | 'shiftGradient'>,
      NormAttributes
    >
  // ── elementwise and pooling ────────────────────────────────────────────────────────────────────────────────────
  | Base<'activation', Operands<'input'>, Operands<'output'>, { activation: Activation }>
  | Base<
      'activationBackward',
      Operands<'input' | 'outputGradient'>,
      Operands<'inputGradient'>,
      { activation: Activation }
    >
  | Base<'add', Operands<'left' | 'right'>, Operands<'output'>>
  | Base<'globalPool', Operands<'input'>, Operands<'output'>>
  | Base<'globalPoolBackward', Operands<'outputGradient'>, Operands<'inputGradient'>>
  | Base<'gate', Operands<'input' | 'gate'>, Operands<'output'>>
  | Base<'gateBackward', Operands<'input' | 'gate' | 'outputGradient'>, Operands<'inputGradient' | 'gateGradient'>>
  // ── head, prototypes, loss ─────────────────────────────────────────────────────────────────────────────────────
  | Base<'linear', Operands<'input' | 'weight', 'bias'>, Operands<'output'>, LinearAttributes>
  | Base<'linearBackwardData', Operands<'outputGradient' | 'weight'>, Operands<'inputGradient'>, LinearAttributes>
  | Base<
      'linearBackwardWeights',
      Operands<'input' | 'outputGradient'>,
      Operands<'weightGradient', 'biasGradient'>,
      LinearAttributes
    >
  | Base<'l2Normalize', Operands<'input'>, Operands<'output'>>
  | Base<'l2NormalizeBackward', Operands<'input' | 'outputGradient'>, Operands<'inputGradient'>>
  /** Codes (assignedCrops * B, K) of the first rows of `scores` (crops * B, K); `queueScores` (assignedCrops * Q, K). */
  | Base<'sinkhorn', Operands<'scores', 'queueScores'>, Operands<'codes'>, SinkhornAttributes>
  | Base<'swavLoss', Operands<'scores' | 'codes'>, Operands<'loss'>, LossAttributes>
  /** `scale` (1): the gradient of so many times the loss. */
  | Base<'swavLossBackward', Operands<'scores' | 'codes', 'scale'>, Operands<'scoresGradient'>, LossAttributes>
  /** Of class scores (N, K): the mean over images, or of `sigmoid` over all answers that are known. */
  | Base<'crossEntropy', Operands<'scores' | 'labels'>, Operands<'loss'>, CrossEntropyAttributes>
  | Base<'crossEntropyBackward', Operands<'scores' | 'labels'>, Operands<'scoresGradient'>, CrossEntropyAttributes>
  /** How many crops have each prototype as their nearest (K). Codes would hide a collapse: Sinkhorn evens them out. */
  | Base<'prototypeUse', Operands<'scores'>, Operands<'use'>>
  /** queue (assignedCrops, Q, D): the newest embeddings in front. */
  | Base<
      'pushQueue',
      Operands<'embeddings' | 'applied'>,
      object,
      { assignedCrops: number; crops: number },
      Operands<'queue'>
    >
  // ── optimiser ──────────────────────────────────────────────────────────────────────────────────────────────────
  /** Sums of squares (L, 2) of each parameter and its gradient. `scale` (1), here and below: by which gradients are too large. */
  | Base<'squaredNorms', Lists<'parameters' | 'gradients'> & Operands<never, 'scale'>, Operands<'norms'>>
  /** 1 if the loss and every norm is finite, otherwise 0: nothing after this changes anything when it is 0. */
  | Base<'finiteCheck', Operands<'loss' | 'norms'>, Operands<'applied'>>
  /** LARC (L, 2): factor of the gradient, and whether weight decay is added (facts of the reference implementation). */
  | Base<'trustRatios', Operands<'norms'>, Operands<'ratios'>, LarcAttributes>
  /**
   * momentum = m * momentum + ratio * (gradient + decay * parameter); parameter -= rate * momentum. `control` (2): the
   * learning rate, and 1 while the `freezable` parameters are not to move. With `nesterov`, parameter -= rate * (ratio *
   * (gradient + decay * parameter) + m * momentum). `undecayed` parameters have no decay.
   */
  | Base<
      'sgd',
      Lists<'gradients'> & Operands<'ratios' | 'control' | 'applied', 'scale'>,
      object,
      {
        momentum: number;
        weightDecay: number;
        nesterov: boolean;
        freezable: readonly number[];
        undecayed: readonly number[];
      },
      Lists<'parameters' | 'momenta'>
    >
  /** The scale of the loss for the next step (loss-scale.ts); `counts` (2). */
  | Base<'adaptLossScale', Operands<'applied'>, object, { growthInterval: number }, Operands<'scale' | 'counts'>>
  /** Each row divided by its L2 norm. */
  | Base<'normalizeRows', Operands<'applied'>, object, object, Operands<'weight'>>
  // ── ranks: emitted by shard.ts alone ───────────────────────────────────────────────────────────────────────────
  /** f32 -> bf16 or f16, as a shard travels; or bf16 -> f32. */
  | Base<'convert', Operands<'input'>, Operands<'output'>>
  /** Every rank's input, in rank order. Starts on the communication queue; nobody may use either value before `await`. */
  | Base<'allGather', Operands<'input'>, Operands<'output'>>
  /** This rank's part of `scale` times the sum over all ranks, in f32. Starts on the communication queue as above. */
  | Base<'reduceScatter', Operands<'input'>, Operands<'output'>, { scale: number }>
  /** `scale` times the sum over all ranks. Starts on the communication queue as above. */
  | Base<'allReduce', Operands<'input'>, Operands<'output'>, { scale: number }>
  /** Waits for the communication that was started on these values. */
  | Base<'await', Lists<'values'>, object>;

/** Operations that only start something on the communication queue. */
export function isCommunication({ kind }: Operation): boolean {
  return kind === 'allGather' || kind === 'reduceScatter' || kind === 'allReduce';
}

/**
 * An operation that takes sums over the batch, and exchanges them with so many consecutive ranks (its group) in the middle.
 * 1: with nobody.
 */
export interface Synchronised {
  readonly ranks?: number;
}

export interface LinearAttributes {
  /** What is multiplied; values are f32 in any case. bf16 is taken where the processor is quicker at it. */
  readonly factors: 'f32' | 'bf16';
}

export interface SinkhornAttributes extends Synchronised {
  readonly assignedCrops: number;
  readonly crops: number;
  readonly epsilon: number;
  readonly iterations: number;
}

export interface LossAttributes {
  readonly assignedCrops: number;
  readonly crops: number;
  readonly temperature: number;
}

export interface CrossEntropyAttributes {
  /** `softmax`: labels (N), the number of a class each. `sigmoid`: labels (N, K), 1 present, 0 absent, -1 not known. */
  readonly form: 'softmax' | 'sigmoid';
}

export interface LarcAttributes {
  /** Without LARC every factor is 1. */
  readonly enabled: boolean;
  readonly trustCoefficient: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export type OperationKind = Operation['kind'];
export type OperationOf<Kind extends OperationKind> = Extract<Operation, { kind: Kind }>;

function collect(ids: ValueId[], operands: object): ValueId[] {
  for (const operand of Object.values(operands as Record<string, ValueId | readonly ValueId[] | undefined>)) {
    if (typeof operand === 'number') ids.push(operand);
    else if (operand !== undefined) for (const id of operand) ids.push(id);
  }
  return ids;
}

/** What `of` makes of an operation, kept: operations never change, and every pass asks all of them over and over. */
function remembered(of: (operation: Operation) => readonly ValueId[]): (operation: Operation) => readonly ValueId[] {
  const known = new WeakMap<Operation, readonly ValueId[]>();
  return (operation) => {
    const ids = known.get(operation) ?? of(operation);
    known.set(operation, ids);
    return ids;
  };
}

/** Every value that an operation reads, in-place updates included. */
export const reads = remembered(({ inputs, updates }) => collect(collect([], inputs), updates));

/** Every value that an operation creates. */
export const creates = remembered(({ outputs }) => collect([], outputs));

/** The same operation on other values. */
export function renamed(operation: Operation, rename: (id: ValueId) => ValueId): Operation {
  const apply = (operands: object) =>
    Object.fromEntries(
      Object.entries(operands as Record<string, ValueId | readonly ValueId[] | undefined>).map(([name, operand]) => [
        name,
        operand === undefined ? undefined : typeof operand === 'number' ? rename(operand) : operand.map(rename),
      ]),
    );
  return {
    ...operation,
    inputs: apply(operation.inputs),
    outputs: apply(operation.outputs),
    updates: apply(operation.updates),
  } as Operation;
}
