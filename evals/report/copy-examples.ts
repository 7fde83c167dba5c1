/** Examples of copy detection, made of the ranks that it keeps of every query: the original, and the most similar image that is wrong. */
import path from 'node:path';
import * as z from 'zod';
import type { Example, Examples } from './examples.ts';
import { readJson } from './read-json.ts';
import type { FoundResult } from './read-results.ts';

/** Its key in `files` of a result. */
export const QUERIES_KEY = 'queries';

const QUERY = z.object({
  query: z.string(),
  original: z.string(),
  rank: z.number(),
  similarity: z.number(),
  nearestWrong: z.object({ image: z.string(), similarity: z.number() }).optional(),
});

const QUERIES = z.object({
  formatVersion: z.literal(1),
  methods: z.array(z.object({ queries: z.array(QUERY) })).min(1),
});

/** By the first method, as tables are. Images are named by their paths below the dataset's folder. @throws ReportError EXAMPLES_INVALID */
export async function readCopyExamples({ result }: FoundResult, file: string): Promise<Examples> {
  const { methods } = await readJson(file, QUERIES, 'EXAMPLES_INVALID');
  const image = (name: string) => path.resolve(result.data.folder, name);
  const examples = methods[0]!.queries.map(({ query, original, rank, similarity, nearestWrong }): Example => {
    const right = { image: image(original), caption: `original, ${similarity.toFixed(2)}`, right: true };
    const wrong = nearestWrong && {
      image: image(nearestWrong.image),
      caption: `another, ${nearestWrong.similarity.toFixed(2)}`,
      right: false,
    };
    const found = (rank === 1 ? [right, wrong] : [wrong, right]).filter((picture) => picture !== undefined);
    return { name: query, image: image(query), predicted: `original at place ${rank}`, right: rank === 1, found };
  });
  const caption =
    'Copies, their originals, and the most similar image that is another, with cosines; the nearer one first.';
  return { formatVersion: 1, caption, examples };
}
