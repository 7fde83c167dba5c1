/** What a training leaves behind and measures: `checkpoint`, `quality` and `evaluations`. */
import * as z from 'zod';
import { evaluationSchema } from '../../evaluations/evaluation-schema.ts';
import { count, key, positive, section, share } from './section.ts';

export const checkpoint = section(
  {
    everyIterations: key(count.nullable(), 1000, {
      description: 'A checkpoint after so many steps. Null: by time only.',
      unit: 'iterations',
      source: 'ours',
    }),
    everyMinutes: key(positive.nullable(), null, {
      description: 'A checkpoint after so much time. Null: by steps only.',
      unit: 'minutes',
      source: 'ours',
    }),
    keepLast: key(count, 2, { description: 'Newest checkpoints that are kept.', source: 'ours' }),
    keepEvery: key(count.nullable(), null, {
      description: 'Checkpoints of a multiple of so many steps are kept for ever. Null: none.',
      unit: 'iterations',
      source: 'ours',
    }),
    copyTo: key(z.string().nullable(), null, {
      description:
        'Where every checkpoint is copied to in the background: a folder, or s3://BUCKET/PREFIX. A copy that fails is a warning; the copy of another run there is an error. Null: nowhere.',
      source: 'ours',
    }),
  },
  'Checkpoints.',
);

export const quality = section(
  {
    everyIterations: key(count.nullable(), 500, {
      description: 'Quality is measured after so many steps. Null: at the end only.',
      unit: 'iterations',
      source: 'ours',
    }),
    knn: section(
      {
        k: key(count, 20, { description: 'Neighbours that vote.', source: 'DINOv2' }),
        temperature: key(positive, 0.07, { description: 'Temperature of the votes.', source: 'DINOv2' }),
        maximumImages: key(count, 5000, {
          description: 'Most labelled images to search among.',
          unit: 'images',
          source: 'ours',
        }),
      },
      'kNN probe on the held-out images, where folders are labels.',
    ),
    collapseAlarm: section(
      {
        enabled: key(z.boolean(), true, { description: 'Whether to watch for collapse.', source: 'ours' }),
        afterIterations: key(z.int().min(0), 2000, {
          description: 'Steps during which a loss at ln(prototypes) is normal.',
          unit: 'iterations',
          source: 'ours',
        }),
        margin: key(share, 0.01, {
          description: 'A loss within this share below ln(prototypes) counts as stuck.',
          source: 'ours',
        }),
      },
      'Alarm when the loss is stuck at ln(prototypes).',
    ),
  },
  'Quality while training.',
);

export const evaluations = key(z.array(evaluationSchema), [], {
  description:
    'What is measured of checkpoints while the training goes on, each in a process of its own and of lower priority, one at a time.',
  source: 'ours',
});
