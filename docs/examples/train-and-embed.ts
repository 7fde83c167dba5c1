/**
 * Trains an encoder on a folder of images and finds each image's nearest neighbour:
 *
 *     npx tsx docs/examples/train-and-embed.ts PHOTOS RUN-FOLDER [KEY=VALUE ...]
 */
import { embedImages, features, loadConfig, loadEncoder, nearestNeighbours, openImageFolder, train } from 'auspex';

const [photos, run, ...set] = process.argv.slice(2);

const config = loadConfig({ preset: 'tiny', data: photos, out: run, set });
for await (const event of train(config)) {
  if (event.kind === 'step') console.log(`step ${event.step}: loss ${event.loss?.toFixed(3)}`);
}

const encoder = await loadEncoder(run!, { layer: 'pool', size: 32 });
const embedded = await embedImages(await openImageFolder(photos!), encoder);

const matrix = features(embedded.features, encoder.width);
const { k, indices, similarities } = await nearestNeighbours(matrix, matrix, 2);
for (const [row, name] of embedded.names.entries()) {
  // The nearest of all is the image itself.
  const nearest = row * k + 1;
  console.log(`${name} is most like ${embedded.names[indices[nearest]!]} (${similarities[nearest]!.toFixed(3)})`);
}
