/** Mutated images through the decoders, in a process of their own: a crash is its end by a signal. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadEvaluationViews } from '../../data/evaluation-views.ts';
import { jpeg, picture } from '../data/pictures.ts';
import { uniform } from '../random.ts';
import { GrowthMeter } from './memory.ts';
import { mutate } from './mutate.ts';

const AT_ONCE = 64;
/** Small: pixels that are claimed and not there cost nothing. */
const MAXIMUM_PIXELS = 2 ** 20;

/** A process that is told how many, from which seed, and where the images go that it is at. */
const [count, seed, folder] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]!];
const fixtures = path.join(import.meta.dirname, '..', 'fixtures');
const photo = readFileSync(path.join(fixtures, 'crops_photo1.jpg'));
const small = picture(40, 30);
const corpus = [
  await jpeg(40, 30),
  photo.length < 200_000 ? photo : await jpeg(64, 64, 1),
  await picture(48, 32).jpeg({ progressive: true }).toBuffer(),
  await picture(48, 32).greyscale().jpeg().toBuffer(),
  await small.clone().png().toBuffer(),
  await small.clone().webp().toBuffer(),
  await small.clone().gif().toBuffer(),
  await small.clone().tiff().toBuffer(),
];
const random = uniform(seed);
const meter = new GrowthMeter('self');
mkdirSync(folder, { recursive: true });

const outcomes: Record<string, number> = {};
for (let done = 0; done < count; done += AT_ONCE) {
  const images = Array.from({ length: Math.min(AT_ONCE, count - done) }, () => mutate(corpus, random));
  // Should this process end here, its images are there to be looked at.
  for (const [i, image] of images.entries()) writeFileSync(path.join(folder, `image-${i}`), image);
  const source = { length: images.length, name: String, read: async (index: number) => images[index]! };
  const { views, skipped } = await loadEvaluationViews(source, [...images.keys()], {
    size: 16,
    threads: 2,
    limits: { maximumPixels: MAXIMUM_PIXELS },
  });
  if (views.length !== images.length * 16 * 16 * 3) throw new Error('views of another size');
  for (const { code } of skipped) outcomes[code] = (outcomes[code] ?? 0) + 1;
  outcomes['used'] = (outcomes['used'] ?? 0) + images.length - skipped.length;
  meter.look(done / count);
}
process.stdout.write(`${JSON.stringify({ outcomes, growth: meter.growth() })}\n`);
