/** `training`: the run. */
import * as z from 'zod';
import { auto, byteSize, count, key, positive, section } from './section.ts';

export const training = section(
  {
    batchSize: key(count, 64, {
      description: 'Images of a step, over all ranks.',
      unit: 'images',
      source: 'ours; SEER 7,936',
    }),
    iterations: key(count.nullable(), null, {
      description: 'Length of the training in steps. Giving it replaces epochs.',
      unit: 'iterations',
      source: 'SEER, Sec. 3 (126,000)',
    }),
    epochs: key(positive.nullable(), 1, {
      description: 'Length of the training in passes over the images. Giving it replaces iterations.',
      unit: 'epochs',
      source: 'SEER, Table 15',
    }),
    seed: key(z.int().min(0), 0, { description: 'Seed of weights, data order and crops.', source: 'ours' }),
    precision: key(z.enum(['auto', 'fp32', 'bf16', 'fp16']), 'auto', {
      description:
        'Arithmetic of convolutions and linear layers; auto takes bf16 where the processors of all ranks are quick at it. fp16, with a loss scale, is for TensorFlow (training.device).',
      source: 'SEER, Sec. 3 (mixed precision)',
    }),
    lossScale: key(positive, 65_536, {
      description:
        'Of fp16: by how much the loss is scaled at first, so that gradients do not vanish. An overflow leaves the step out and halves it.',
      source: 'ours (that of PyTorch and Apex)',
    }),
    lossScaleGrowth: key(count, 2000, {
      description: 'Of fp16: after so many steps without an overflow the loss scale doubles.',
      unit: 'iterations',
      source: 'ours (that of PyTorch and Apex)',
    }),
    device: key(z.enum(['cpu', 'tensorflow-cpu', 'gpu']), 'cpu', {
      description:
        "What computes: cpu is Auspex's own executor on oneDNN; gpu is TensorFlow on an NVIDIA GPU, tensorflow-cpu TensorFlow on processors, to compare with (`auspex setup tensorflow`, and --gpu).",
      source: 'ours',
    }),
    threads: key(z.union([auto, count]), 'auto', {
      description: 'Threads that compute; auto is one per core.',
      unit: 'threads',
      source: 'ours',
    }),
    memoryBudget: key(byteSize.nullable(), null, {
      description:
        "Most memory for a step's values, such as 4GiB; activation checkpoints are added until it fits. Null: no limit.",
      unit: 'bytes',
      source: 'SEER, Sec. 3 and eq. 3',
    }),
    recomputeGroups: key(z.union([auto, z.literal('none'), count]), 'auto', {
      description:
        'Groups of layers between activation checkpoints: none keeps those of every layer (but for normalised ones, which are always made again), auto takes none or as many as memoryBudget needs.',
      source: 'SEER, eq. 3 (the 10b had 4)',
    }),
    nanPolicy: key(z.enum(['stop', 'skip']), 'stop', {
      description: 'What a NaN or infinity in the loss or the gradients does: end the training, or leave out the step.',
      source: 'ours',
    }),
    out: key(z.string().min(1).nullable(), null, {
      description: 'Run folder. Null: runs/<date and time>.',
      source: 'ours',
    }),
  },
  'The run.',
);
