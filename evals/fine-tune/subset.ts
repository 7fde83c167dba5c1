/** Some labelled images of a split: a share of each class, or those of a list. */
import { permute } from '../../data/order.ts';
import { partOf } from '../../data/part-of.ts';
import { attributesOf } from '../datasets/attributes.ts';
import type { Split } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import { labelsOf } from '../labels.ts';

export function subsetOf(
  { images, labels, groups, attributes }: Split,
  chosen: readonly number[],
  numClasses: number,
): Split {
  return {
    images: partOf(images, chosen.length, (index) => chosen[index]!),
    labels: labelsOf(labels, Int32Array.from(chosen), numClasses),
    ...(groups && { groups: chosen.map((image) => groups[image]!) }),
    ...(attributes && { attributes: attributesOf(attributes, chosen) }),
  };
}

/** A share of the images of each class, one at least, drawn by a seed; in the order of the split. */
export function shareOfEachClass(classes: ArrayLike<number>, share: number, seed: number): number[] {
  const members = new Map<number, number[]>();
  for (let image = 0; image < classes.length; image++) {
    const label = classes[image]!;
    if (!members.has(label)) members.set(label, []);
    members.get(label)!.push(image);
  }
  const drawn = [...members].flatMap(([label, images]) => {
    const count = Math.max(1, Math.round(share * images.length));
    // Each class is shuffled by itself: the class takes the place of the epoch.
    return Array.from({ length: count }, (_, i) => images[permute(i, images.length, seed, label)]!);
  });
  return drawn.sort((one, other) => one - other);
}

/**
 * The images that a list names, one on each line, by their whole names in the split or the last part of them, with or without its
 * ending.
 * @throws EvaluationError BAD_IMAGE_LIST where a name is of no image or of several
 */
export function listedImages({ images }: Pick<Split, 'images'>, text: string, list: string): number[] {
  const byName = new Map<string, number[]>();
  for (let image = 0; image < images.length; image++) {
    for (const key of keysOf(images.name(image))) byName.set(key, [...(byName.get(key) ?? []), image]);
  }
  const chosen = new Set<number>();
  for (const [line, given] of text.split('\n').entries()) {
    const name = given.trim();
    if (name === '') continue;
    const found = byName.get(name) ?? [];
    const where = `${list}, line ${line + 1}: ${name}`;
    if (found.length !== 1) {
      const what =
        found.length === 0 ? 'no image of the split is called that' : `${found.length} images are called that`;
      throw new EvaluationError('BAD_IMAGE_LIST', `${where}: ${what}. Take the list that belongs to this data.`);
    }
    chosen.add(found[0]!);
  }
  return [...chosen].sort((one, other) => one - other);
}

function keysOf(name: string): Set<string> {
  const last = name.slice(name.lastIndexOf('/') + 1);
  return new Set([name, last, last.replace(/\.[^.]*$/, '')]);
}
