/** What `auspex train --json` prints of a training, as far as others than its run folder need it (training/training-events.ts). */
import * as z from 'zod';

const actor = z.object({ path: z.string(), mailboxDepth: z.number(), restarts: z.number() });
const process = z.object({ rank: z.number().nullable(), residentBytes: z.number(), actors: z.array(actor) });

export const trainingLine = z.discriminatedUnion('event', [
  z.object({ event: z.literal('start'), step: z.number(), total: z.number(), batchSize: z.number().optional() }),
  z.object({
    event: z.literal('step'),
    step: z.number(),
    loss: z.number().nullable(),
    imagesPerSecond: z.number(),
    learningRate: z.number().optional(),
    dataWaitShare: z.number().optional(),
    ranks: z.object({ count: z.number(), waitingShare: z.number() }).optional(),
  }),
  z.object({ event: z.literal('quality'), effectiveRank: z.number(), knnAccuracy: z.number().optional() }),
  z.object({
    event: z.literal('checkpoint'),
    step: z.number(),
    path: z.string(),
    seconds: z.number().optional(),
    bytes: z.number().optional(),
  }),
  z.object({ event: z.literal('skipped'), code: z.string() }),
  z.object({ event: z.literal('world'), world: z.number(), ranks: z.array(z.string()) }),
  z.object({ event: z.literal('processes'), processes: z.array(process) }),
]);

export type TrainingLine = Readonly<z.output<typeof trainingLine>>;
