/**
 * Examples of single images that an evaluation keeps beside its result, for people to look at: `examples.json`, named in
 * {@link EvaluationResult.files} as `examples`. Whoever evaluates checkpoints for comparison writes the same images for each.
 */
import * as z from 'zod';

export const EXAMPLES_FILE = 'examples.json';

/** Its key in `files` of a result. */
export const EXAMPLES_KEY = 'examples';

/** A picture file; relative paths begin at the folder of the list. Images of archives are to be written beside it. */
const PICTURE = z.object({ image: z.string(), caption: z.string().optional() });

const EXAMPLE = PICTURE.extend({
  /** Of the image in its dataset: by it, the same image is found in results of other checkpoints. */
  name: z.string(),
  /** What is right, and what the checkpoint said. */
  truth: z.string().optional(),
  predicted: z.string(),
  right: z.boolean(),
  /** Of a search: what was found, best first. */
  found: z.array(PICTURE.extend({ right: z.boolean() })).optional(),
});

/** Pictures are named as the file has them. */
export const EXAMPLES = z.object({ formatVersion: z.literal(1), caption: z.string(), examples: z.array(EXAMPLE) });

export type Example = z.infer<typeof EXAMPLE>;

/** The content of `examples.json`. */
export type Examples = z.infer<typeof EXAMPLES>;
