/** The step of the fixture `train_steps`, whole or one rank's share of it. */
import { regnetTrunk } from '../../model/regnet.ts';
import type { TrainingStepSpec } from '../../program/training-step.ts';
import type { Fixture } from './fixture.ts';
import { concatenate, toRows } from './layout.ts';

export interface TrainStepsConfig {
  regnet: { depth: number; w0: number; wa: number; wm: number; group_width: number };
  batch: number;
  large: number;
  small: number;
  head: number[];
  prototypes: number;
  lr: number[];
  steps: number;
  batch_of_step: number[];
  momentum: number;
  weight_decay: number;
  larc_eta: number;
  larc_eps: number;
  temperature: number;
  sinkhorn_eps: number;
  sinkhorn_iters: number;
  prototypes_frozen_steps: number;
}

const [LARGE_CROPS, SMALL_CROPS] = [2, 4];

export function specOf(config: TrainStepsConfig, precision: 'f32' | 'bf16', worldSize = 1): TrainingStepSpec {
  const { depth, w0, wa, wm, group_width: groupWidth } = config.regnet;
  const batch = config.batch / worldSize;
  return {
    name: 'train_steps',
    trunk: regnetTrunk({ depth, w0, wa, wm, groupWidth }),
    head: { widths: config.head.slice(1), prototypes: config.prototypes },
    swav: {
      temperature: config.temperature,
      epsilon: config.sinkhorn_eps,
      sinkhornIterations: config.sinkhorn_iters,
      assignedCrops: LARGE_CROPS,
      crops: LARGE_CROPS + SMALL_CROPS,
      queueLength: 0,
    },
    grids: [
      { images: LARGE_CROPS * batch, height: config.large, width: config.large },
      { images: SMALL_CROPS * batch, height: config.small, width: config.small },
    ],
    input: { dtype: 'f32' },
    precision,
    optimizer: {
      momentum: config.momentum,
      weightDecay: config.weight_decay,
      larc: { enabled: true, trustCoefficient: config.larc_eta, epsilon: config.larc_eps },
    },
    keepGradients: worldSize === 1,
  };
}

/** Crops of one batch as the program takes them: all images, or those of one rank. */
export function cropsOf(
  fixture: Fixture<TrainStepsConfig, unknown>,
  batch: number,
  { rank, size }: { rank: number; size: number } = { rank: 0, size: 1 },
): Float32Array {
  const parts = ['large', 'small'].map((kind) => `crops${batch}.${kind}`);
  const { batch: all } = fixture.config;
  const rows = parts.flatMap((name) => {
    const [images, ...image] = fixture.tensor(name).shape as [number, ...number[]];
    const numbers = image.reduce((product, extent) => product * extent, 1);
    const values = fixture.values(name);
    const crops = Array.from({ length: images / all }, (_, crop) => crop);
    return crops.map((crop) => {
      const first = crop * all + (rank * all) / size;
      return toRows(values.subarray(first * numbers, (first + all / size) * numbers), [all / size, ...image]);
    });
  });
  return concatenate(rows);
}
