/**
 * Examples of single images that an evaluation keeps beside its result, for people to look at: `examples.json`, named in
 * {@link EvaluationResult.files} as `examples`. Whoever evaluates checkpoints for comparison writes the same images for each.
 */
import path from 'node:path';
import * as z from 'zod';
import { QUERIES_KEY, readCopyExamples } from './copy-examples.ts';
import { readJson } from './read-json.ts';
import type { FoundResult } from './read-results.ts';

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

const EXAMPLES = z.object({ formatVersion: z.literal(1), caption: z.string(), examples: z.array(EXAMPLE) });

export type Example = z.infer<typeof EXAMPLE>;

/** The content of `examples.json`. */
export type Examples = z.infer<typeof EXAMPLES>;

/** The examples beside a result, with absolute paths; undefined where it names none. @throws ReportError EXAMPLES_INVALID */
export async function readExamples(found: FoundResult): Promise<Examples | undefined> {
  const { files } = found.result;
  const beside = (name: string) => path.resolve(path.dirname(found.file), name);
  if (files[EXAMPLES_KEY] !== undefined) return readList(beside(files[EXAMPLES_KEY]));
  return files[QUERIES_KEY] === undefined ? undefined : readCopyExamples(found, beside(files[QUERIES_KEY]));
}

async function readList(list: string): Promise<Examples> {
  const examples = await readJson<Examples>(list, EXAMPLES, 'EXAMPLES_INVALID');
  const absolute = <T extends { readonly image: string }>(picture: T): T => ({
    ...picture,
    image: path.resolve(path.dirname(list), picture.image),
  });
  return {
    ...examples,
    examples: examples.examples.map((example) => ({
      ...absolute(example),
      found: example.found?.map(absolute),
    })),
  };
}
