/**
 * People who are only colours, so that it is known what any network finds: queries of a class have its colour, but of some groups a share
 * has that of the other class.
 */
import type { ImageSource } from '../../../data/source.ts';
import type { Attributes } from '../../../evals/datasets/attributes.ts';
import type { Dataset, Split } from '../../../evals/datasets/dataset.ts';
import type { RgbImage } from '../../../kernels/images.ts';
import { uniform } from '../../random.ts';

export const GENDERS = ['female', 'male'] as const;

const COLOURS = { female: [200, 60, 60], male: [60, 60, 200] } as const;
const SIDE = 40;

/** @param seed so that no two images are the same */
export function face(colour: keyof typeof COLOURS, seed: number): RgbImage {
  const random = uniform(seed);
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => COLOURS[colour][i % 3]! + (random() - 0.5) * 60);
  return { width: SIDE, height: SIDE, data };
}

export interface PlannedGroup {
  readonly gender: 'female' | 'male' | 'other' | undefined;
  readonly skintone: string;
  readonly persons: number;
  /** Of its images, those that look like the other gender. */
  readonly wrong: number;
}

/** Two images of each person; the share of wrong ones is exact. */
export function queriesOf(groups: readonly PlannedGroup[]): Split {
  const faces: RgbImage[] = [];
  const people: { unit: string; gender: string | undefined; skintone: string }[] = [];
  for (const [number, { gender, skintone, persons, wrong }] of groups.entries()) {
    for (let image = 0; image < 2 * persons; image++) {
      // The wrong ones are spread over people, not the first of them.
      const isWrong = Math.floor((image + 1) * wrong) > Math.floor(image * wrong);
      const shown = gender === 'male' ? 'male' : 'female';
      faces.push(face(isWrong ? (shown === 'male' ? 'female' : 'male') : shown, 10_000 * (number + 1) + image));
      people.push({ unit: `${number} ${image >> 1}`, gender, skintone });
    }
  }
  const attributes: Attributes = {
    unit: 'person',
    units: people.map(({ unit }) => unit),
    values: { gender: people.map(({ gender }) => gender), skintone: people.map(({ skintone }) => skintone) },
  };
  return {
    ...labelled(
      faces,
      people.map(({ gender }) => gender),
      'query',
    ),
    attributes,
  };
}

/** Faces that look like what they are. */
export function databaseOf(count: number): Split {
  const genders = Array.from({ length: count }, (_, i) => GENDERS[i % 2]!);
  return labelled(
    genders.map((gender, i) => face(gender, 500_000 + i)),
    genders,
    'face',
  );
}

function labelled(faces: readonly RgbImage[], genders: readonly (string | undefined)[], prefix: string): Split {
  const images: ImageSource = {
    length: faces.length,
    name: (index) => `${prefix}-${index}.png`,
    pixels: (index) => faces[index]!,
    read: () => Promise.reject(new Error('these are pixels')),
  };
  const present = genders.flatMap((gender) => GENDERS.map((name) => Number(name === gender)));
  return { images, labels: { kind: 'sets', present: Int8Array.from(present) } };
}

export function peopleOf(splits: Partial<Record<'train' | 'val' | 'test', Split>>): Dataset {
  return {
    ...{ name: 'people', folder: '.', classes: GENDERS, score: 'accuracy' },
    splits: Object.keys(splits) as Dataset['splits'],
    split: async (split) => splits[split]!,
  };
}
