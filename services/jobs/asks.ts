/**
 * What a training and the server that runs it say to each other, over the channel between the two processes.
 *
 *     training ──evaluate──▶ server        this checkpoint, by the evaluation of that name in the training's configuration
 *     training ──giveUp────▶ server        its budget is spent
 *     training ◀──evaluated── server       where its result lies, or why there is none
 */
import * as z from 'zod';

/** Names the training's process, whose evaluations are then jobs. */
export const ASK_VARIABLE = 'AUSPEX_EVALUATIONS';
/** Its value. */
export const ASK_SERVER = 'server';

/** Counts what one process asks for. */
const number = z.int().min(0);

export const ask = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('evaluate'),
    number,
    /** As the configuration calls it. */
    name: z.string(),
    step: z.int().min(0),
    /** Folder of the checkpoint. */
    checkpoint: z.string(),
  }),
  z.object({ kind: z.literal('giveUp'), number }),
]);

export const answer = z.object({
  kind: z.literal('evaluated'),
  number,
  /** File of the result. */
  result: z.string().optional(),
  /** Why there is none. */
  problem: z.string().optional(),
});

export type Ask = Readonly<z.output<typeof ask>>;
export type EvaluateAsk = Extract<Ask, { readonly kind: 'evaluate' }>;
export type Answer = Readonly<z.output<typeof answer>>;
