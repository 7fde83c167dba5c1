/** The picture grid of the quickstart's page: edited copies and the photos that the encoder finds nearest. */
import { features } from '../../evals/features/features.ts';
import { nearestNeighbours } from '../../evals/neighbours/nearest-neighbours.ts';
import type { RgbImage } from '../../kernels/images.ts';
import type { NeighbourGrid } from '../run-page/data.ts';
import { makeThumbnail } from '../run-page/run-page.ts';
import type { Embed } from './copy-detection.ts';
import type { HeldOutTask } from './held-out-task.ts';

const NUM_QUERIES = 8;
const NUM_NEIGHBOURS = 5;

export async function neighbourGrid(task: HeldOutTask, embed: Embed): Promise<NeighbourGrid> {
  // Spread over the photos, chosen without a look at the result.
  const stride = Math.floor(task.queries.length / NUM_QUERIES);
  const chosen = Array.from({ length: NUM_QUERIES }, (_, row) => row * stride);
  const gallery = matrix(await embed(task.gallery));
  const queries = matrix(await embed(chosen.map((query) => task.queries[query]!)));
  const { k, indices, similarities } = await nearestNeighbours(queries, gallery, NUM_NEIGHBOURS);
  const rows = await Promise.all(
    chosen.map(async (query, row) => {
      const target = task.targets[query]!;
      const neighbours = Array.from(indices.subarray(row * k, (row + 1) * k), async (index, rank) => ({
        ...(await picture(task.gallery[index]!, task.names[index]!)),
        similarity: similarities[row * k + rank]!,
        correct: index === target,
      }));
      return {
        query: await picture(task.queries[query]!, `edited ${task.names[target]}`),
        neighbours: await Promise.all(neighbours),
      };
    }),
  );
  return {
    caption: 'Edited copies of photos never seen in training; a neighbour is correct if it is the original.',
    rows,
  };
}

async function picture({ data, width, height }: RgbImage, name: string) {
  return { name, dataUri: await makeThumbnail({ pixels: data, width, height }, undefined, 128) };
}

function matrix(vectors: readonly Float32Array[]) {
  const width = vectors[0]!.length;
  const values = new Float32Array(vectors.length * width);
  for (const [row, vector] of vectors.entries()) values.set(vector, row * width);
  return features(values, width);
}
