/** The examples that an evaluation has kept, from whichever file has them. */
import path from 'node:path';
import { QUERIES_KEY, readCopyExamples } from './copy-examples.ts';
import { EXAMPLES, EXAMPLES_KEY, type Examples } from './examples.ts';
import { readJson } from './read-json.ts';
import type { FoundResult } from './read-results.ts';

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
