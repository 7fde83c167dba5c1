/** Classified images for people to look at, beside a result: the same ones for every checkpoint, so that a report can compare. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { seededRandom } from '../../data/random.ts';
import type { ImageSource } from '../../data/source.ts';
import type { Split } from '../datasets/dataset.ts';
import { classesOf } from '../labels.ts';
import { highestClass } from '../metrics/accuracy.ts';
import { EXAMPLES_FILE, EXAMPLES_KEY, type Example, type Examples } from '../report/examples.ts';

/** Of which a report shows those first on which checkpoints differ. */
const COUNT = 96;
const SEED = 0;
/** Of images that are no files: in the folder of results. */
const PICTURES = 'examples';

export interface Answers {
  readonly split: Split;
  readonly classes: readonly string[];
  /** (rows, classes). */
  readonly scores: Float32Array;
  /** The image of each row. */
  readonly rows: Int32Array;
  readonly caption: string;
}

/** @returns the file's name by its key in `files` of a result */
export async function writeClassifiedExamples(
  out: string,
  { split, classes, scores, rows, caption }: Answers,
): Promise<Readonly<Record<string, string>>> {
  const predicted = highestClass(scores, classes.length);
  const rowOf = new Map([...rows].map((image, row) => [image, row]));
  const shown = drawn(split.images.length).filter((image) => rowOf.has(image));
  const examples: Example[] = [];
  for (const image of shown) {
    const answer = predicted[rowOf.get(image)!]!;
    const truth = classesOf(split.labels, image, classes.length);
    examples.push({
      name: split.images.name(image),
      image: await pictureOf(split.images, image, out),
      truth: truth.map((label) => classes[label]).join(', '),
      predicted: classes[answer]!,
      right: truth.includes(answer),
    });
  }
  const list: Examples = { formatVersion: 1, caption, examples };
  await writeFileAtomically(path.join(out, EXAMPLES_FILE), (file) =>
    file.writeFile(`${JSON.stringify(list, null, 1)}\n`),
  );
  return { [EXAMPLES_KEY]: EXAMPLES_FILE };
}

/** Different images, in the order in which they were drawn. */
function drawn(images: number): number[] {
  const { integer } = seededRandom(SEED);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(COUNT, images)) chosen.add(integer(images));
  return [...chosen];
}

/** Its path; an image that is part of an archive is written beside the result. */
async function pictureOf(images: ImageSource, image: number, out: string): Promise<string> {
  if (images.path) return path.resolve(images.path(image));
  const bytes = await images.read(image);
  const name = path.join(PICTURES, `${image}${bytes[0] === 0xff ? '.jpg' : '.png'}`);
  await mkdir(path.join(out, PICTURES), { recursive: true });
  await writeFileAtomically(path.join(out, name), (file) => file.writeFile(bytes));
  return name;
}
