/** `model`, and the `loss` on top of it. */
import * as z from 'zod';
import { count, key, positive, section } from './section.ts';

const trunkKind = z
  .enum(['regnety', 'regnetz'])
  .optional()
  .meta({ description: 'Kind of the blocks; regnety unless given.' });

const architecture = z.union([
  z.string(),
  z.strictObject({
    w0: count.meta({ description: 'Width of the first block, a multiple of 8.', unit: 'channels' }),
    wa: z.number().min(0).meta({ description: 'Channels that each further block adds.', unit: 'channels' }),
    wm: z.number().gt(1).meta({ description: 'Ratio between the widths of neighbouring stages.' }),
    depth: count.meta({ description: 'Number of blocks.' }),
    groupWidth: count.meta({ description: 'Channels per group of the 3x3 convolutions.', unit: 'channels' }),
    kind: trunkKind,
  }),
  z.strictObject({
    stages: z
      .array(
        z.strictObject({
          depth: count.meta({ description: 'Number of blocks; the first has stride 2.' }),
          width: count.meta({ description: 'Output of every block.', unit: 'channels' }),
          groupWidth: count.meta({ description: 'Channels per group of the 3x3 convolutions.', unit: 'channels' }),
        }),
      )
      .min(1)
      .meta({ description: 'Stages given one by one, for trunks that no rule describes.' }),
    kind: trunkKind,
  }),
]);

export const model = section(
  {
    architecture: key(architecture, 'seer-8gf', {
      description: 'Trunk: a name that `auspex arch` knows, or the RegNet numbers {w0, wa, wm, depth, groupWidth}.',
      source: 'SEER, Table 16',
    }),
    head: key(z.array(count).min(1).nullable(), null, {
      description:
        'Widths of the projection head after the trunk, the embedding last. Null: those of the named architecture, or [8192, 8192, 256].',
      unit: 'channels',
      source: 'SEER, Table 16',
    }),
    init: key(z.string().nullable(), null, {
      description:
        'Where the trunk of a new training comes from: a run folder, or a checkpoint such as `auspex checkpoint import` makes. Head and prototypes start anew. Null: everything does.',
      source: 'ours',
    }),
    headBatchNorm: key(z.enum(['none', 'hidden', 'hidden-and-output']), 'none', {
      description:
        'Batch normalisation in the head: nowhere, after hidden layers, or also (without affine) after the output. Short trainings need it.',
      source: 'SEER, Table 15; the released 8gf to 32gf have "hidden" (VISSL)',
    }),
    prototypes: key(count.nullable(), null, {
      description: 'Number of prototypes. Null: that of the named architecture, or 16000.',
      source: 'SEER, Sec. 3 (16,000)',
    }),
  },
  'What is trained.',
);

export const loss = section(
  {
    temperature: key(positive, 0.1, { description: 'Temperature of the predictions.', source: 'SEER, Table 15' }),
    epsilon: key(positive, 0.03, {
      description: 'Regularisation of Sinkhorn-Knopp: smaller makes sharper codes.',
      source: 'SEER, Table 15',
    }),
    sinkhornIterations: key(count, 10, { description: 'Iterations of Sinkhorn-Knopp.', source: 'SEER, Table 15' }),
    queueLength: key(z.int().min(0), 0, {
      description: 'Embeddings kept per large crop to balance the codes of small batches; 0 is none.',
      unit: 'images',
      source: 'SEER has none; SwAV 3,840 at a batch of 256',
    }),
    prototypesFrozenIterations: key(z.int().min(0), 313, {
      description: 'First iterations during which the prototypes do not move.',
      unit: 'iterations',
      source: 'VISSL',
    }),
  },
  'SwAV: codes of the large crops, predicted from all other crops.',
);
