/** `optimizer` and its `schedule`. */
import * as z from 'zod';
import { count, key, positive, section } from './section.ts';

export const optimizer = section(
  {
    momentum: key(z.number().min(0).lt(1), 0.9, { description: 'Momentum of SGD.', source: 'SEER, Table 15' }),
    weightDecay: key(z.number().min(0), 1e-5, {
      description: 'Weight decay, on every parameter (BN, biases and prototypes too).',
      source: 'SEER, Table 15; VISSL',
    }),
    larc: key(z.boolean(), true, {
      description: 'Whether each layer scales its rate by the norms of its weights and gradients (LARC).',
      source: 'SEER, App. D',
    }),
    trustCoefficient: key(positive, 0.001, { description: "LARC's trust coefficient.", source: 'VISSL' }),
    larcEpsilon: key(positive, 1e-8, { description: "Added to LARC's denominator.", source: 'VISSL' }),
  },
  'LARC-SGD.',
);

export const schedule = section(
  {
    start: key(z.number().min(0), 0.15, { description: 'Learning rate of iteration 0.', source: 'SEER, Sec. 3' }),
    peak: key(positive, 9.3, { description: 'Learning rate after the warm-up.', source: 'SEER, Sec. 3' }),
    end: key(z.number().min(0), 0.0093, {
      description: 'Learning rate that the cosine ends at.',
      source: 'SEER, Sec. 3',
    }),
    perImages: key(count.nullable(), 7936, {
      description:
        'Batch size that the three rates are meant for: they are scaled by training.batchSize / perImages. Null: taken as they are.',
      unit: 'images',
      source: 'SEER, Table 15; linear scaling from VISSL (a peak of 0.3 per 256)',
    }),
    warmupIterations: key(z.int().min(0), 5500, {
      description: 'Length of the linear warm-up.',
      unit: 'iterations',
      source: 'SEER, Table 15',
    }),
    cosine: key(z.enum(['restart', 'joined']), 'restart', {
      description:
        'Whether the cosine starts at the peak after the warm-up, or runs over the whole training and is joined.',
      source: 'restart: swav; joined: VISSL',
    }),
  },
  'Learning rate: linear warm-up, then cosine.',
);
