/** The picture grid of the quickstart's page: edited copies and the photos that the encoder finds nearest. */
import type { RgbImage } from '../../kernels/images.ts';
import type { NeighbourGrid } from '../run-page/data.ts';
import { makeThumbnail } from '../run-page.ts';
import type { Embed } from './copy-detection.ts';
import type { HeldOutTask } from './held-out-task.ts';

const NUM_QUERIES = 8;
const NUM_NEIGHBOURS = 5;

export async function neighbourGrid(task: HeldOutTask, embed: Embed): Promise<NeighbourGrid> {
  // Spread over the photos, chosen without a look at the result.
  const stride = Math.floor(task.queries.length / NUM_QUERIES);
  const chosen = Array.from({ length: NUM_QUERIES }, (_, row) => row * stride);
  const gallery = (await embed(task.gallery)).map(unit);
  const queries = (await embed(chosen.map((query) => task.queries[query]!))).map(unit);
  const rows = await Promise.all(
    chosen.map(async (query, row) => {
      const target = task.targets[query]!;
      const ranked = gallery
        .map((vector, index) => ({ index, similarity: dot(queries[row]!, vector) }))
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, NUM_NEIGHBOURS);
      const neighbours = ranked.map(async ({ index, similarity }) => ({
        ...(await picture(task.gallery[index]!, task.names[index]!)),
        similarity,
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

function unit(vector: Float32Array): Float32Array {
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

function dot(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, d) => sum + value * right[d]!, 0);
}
