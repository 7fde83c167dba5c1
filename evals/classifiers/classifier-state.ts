/** What the state of a fine-tuned checkpoint says of its classifier; others say nothing of one. */
import * as z from 'zod';

const classifierSchema = z.object({ classes: z.array(z.string()).min(1), batchNorm: z.boolean() });

export type ClassifierState = z.infer<typeof classifierSchema>;

export function classifierIn(state: unknown): ClassifierState | undefined {
  return z.object({ classifier: classifierSchema }).safeParse(state).data?.classifier;
}
