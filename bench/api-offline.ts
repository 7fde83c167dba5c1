/** The rate of `auspex embed` on a folder of photos, over and over, once the encoder is loaded: checkpoint, photos, size, batch, seconds. */
import { availableParallelism } from 'node:os';
import { openImageFolder } from '../data/image-folder.ts';
import { embedImages } from '../evals/features/embed-images.ts';
import { loadEncoder } from '../training/checkpoints/load-encoder.ts';
import { ratePerSecond } from './measure.ts';

const [checkpoint, photos, size, batch, seconds] = process.argv.slice(2);
const encoder = await loadEncoder(checkpoint!, { size: Number(size), batchSize: Number(batch) });
const folder = await openImageFolder(photos!);
/** The folder's photos several times: decoding goes on beside the encoder, as in a large folder. */
const repeated = (times: number) => ({
  length: times * folder.length,
  name: String,
  read: (i: number) => folder.read(i % folder.length),
});
const embed = (times: number) => embedImages(repeated(times), encoder, { threads: availableParallelism() });
await embed(1);
const begin = performance.now();
await embed(1);
const times = Math.ceil((1000 * Number(seconds)) / (performance.now() - begin));
const imagesPerSecond = await ratePerSecond(times * folder.length, 3, () => embed(times));
process.stdout.write(`${JSON.stringify({ imagesPerSecond })}\n`);
