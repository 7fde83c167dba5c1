/** What a process that measures training steps reports: the same of both sides, and what only ours knows. */
import { z } from 'zod';

export const stepResult = z.object({
  threads: z.number(),
  /** Source images per second, in the median step. */
  imagesPerSecond: z.number(),
  stepSeconds: z.number(),
  minStepSeconds: z.number(),
  /** CPU time of the median step; well below threads x stepSeconds, something else had the cores. */
  cpuSeconds: z.number(),
  firstStepSeconds: z.number(),
  /** Of the whole process, in MiB; `baseRssMb` of it was there before the model. */
  peakRssMb: z.number(),
  baseRssMb: z.number(),
  lossFirst: z.number(),
  lossLast: z.number(),
});

export const ourResult = stepResult.extend({
  /** Part of firstStepSeconds: from the description to a program with its memory and first weights. */
  compileSeconds: z.number(),
  /** What the memory plan promised: activations and workspaces; weights, momenta and statistics. */
  arenaBytes: z.number(),
  persistentBytes: z.number(),
});

/** A line of torch_swav.py. */
export const peerResult = z
  .object({
    batch: z.number(),
    threads: z.number(),
    step_s: z.number(),
    min_step_s: z.number(),
    cpu_s: z.number(),
    first_step_s: z.number(),
    peak_rss_mb: z.number(),
    import_rss_mb: z.number(),
    loss_first: z.number(),
    loss_last: z.number(),
  })
  .transform(
    (line): StepResult => ({
      threads: line.threads,
      // Its own images_per_s has three decimals, too few for a step of minutes.
      imagesPerSecond: line.batch / line.step_s,
      stepSeconds: line.step_s,
      minStepSeconds: line.min_step_s,
      cpuSeconds: line.cpu_s,
      firstStepSeconds: line.first_step_s,
      peakRssMb: line.peak_rss_mb,
      baseRssMb: line.import_rss_mb,
      lossFirst: line.loss_first,
      lossLast: line.loss_last,
    }),
  );

export type StepResult = z.output<typeof stepResult>;
export type OurResult = z.output<typeof ourResult>;
