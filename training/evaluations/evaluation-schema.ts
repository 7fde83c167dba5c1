/** What a training is to evaluate of its checkpoints, and what of it must not get worse. */
import * as z from 'zod';

const watched = z.strictObject({
  metric: z.string().min(1).meta({ description: 'Name of a figure of the result, such as top1 or P@1 difference.' }),
  of: z.record(z.string(), z.string()).default({}).meta({
    description: 'What it has to be of, such as {attribute: gender}; the first that fits is taken.',
    source: 'ours',
  }),
  better: z.enum(['higher', 'lower']).default('higher').meta({ description: 'Which way is better.', source: 'ours' }),
  bound: z
    .number()
    .min(0)
    .meta({ description: 'A figure that is worse than the best so far by more than this raises an event.' }),
});

/** An element of `evaluations` in a training's configuration. */
export const evaluationSchema = z.strictObject({
  name: z
    .string()
    .refine((name) => /^[a-z0-9][a-z0-9-]*$/.test(name), 'must be of a to z, 0 to 9 and -')
    .meta({ description: 'What it is called in records and folders.' }),
  protocol: z.string().min(1).meta({ description: 'As `auspex eval list` has it.' }),
  data: z.string().min(1).meta({ description: 'A prepared dataset, or a folder of images, as for `auspex eval`.' }),
  dataset: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .meta({ description: 'Which dataset of a prepared folder, where it holds several.', source: 'ours' }),
  set: z.record(z.string(), z.unknown()).default({}).meta({ description: "The protocol's options.", source: 'ours' }),
  everyIterations: z.int().min(1).meta({
    description: 'The first checkpoint after so many steps each is evaluated, and the last one.',
    unit: 'iterations',
  }),
  budgetSeconds: z
    .number()
    .positive()
    .default(3600)
    .meta({ description: 'One that takes longer is ended, and noted as failed.', unit: 'seconds', source: 'ours' }),
  watch: z.array(watched).default([]).meta({ description: 'Figures that must not get worse.', source: 'ours' }),
});
