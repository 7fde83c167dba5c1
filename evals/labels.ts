/** What labels of a dataset must be before anything is computed, and those of some of its images. */
import type { Dataset, Labels, Split, SplitName } from './datasets/dataset.ts';
import { EvaluationError } from './errors.ts';

/** Classes that a message names. */
const NAMED = 5;

/** Labels that are of these images and of these classes. @throws EvaluationError LABELS_WRONG */
export function checkLabels({ images, labels }: Split, name: SplitName, data: Pick<Dataset, 'name' | 'classes'>): void {
  const numClasses = data.classes.length;
  const wrong = (what: string) => {
    const message = `The labels of split ${name} of ${data.name} ${what}; they belong to another version of the data, or to other images.`;
    return new EvaluationError('LABELS_WRONG', message);
  };
  if (labels.kind === 'classes') {
    if (labels.classes.length !== images.length)
      throw wrong(`are ${labels.classes.length} for ${images.length} images`);
    const image = labels.classes.findIndex((label) => label < 0 || label >= numClasses);
    if (image < 0) return;
    throw wrong(
      `have class ${labels.classes[image]} for ${images.name(image)}, and there are classes 0 to ${numClasses - 1}`,
    );
  }
  if (labels.present.length !== images.length * numClasses) {
    throw wrong(`are ${labels.present.length} marks for ${images.length} images of ${numClasses} classes`);
  }
  const mark = labels.present.findIndex((value) => value < -1 || value > 1);
  if (mark >= 0) throw wrong(`have ${labels.present[mark]} for an image and a class, which is none of 1, 0 and -1`);
}

/**
 * A classifier can be trained: there are two classes at least, and an image of each of them.
 * @throws EvaluationError TOO_FEW_CLASSES, CLASS_WITHOUT_IMAGES
 */
export function requireEveryClass({ labels }: Split, name: SplitName, { classes, name: data }: Dataset): void {
  requireSeveral(classes.length, `${data} has`);
  const counts = imagesOfClasses(labels, classes.length);
  const empty = classes.filter((_, label) => counts[label] === 0);
  if (empty.length === 0) return;
  const named = empty.slice(0, NAMED).join(', ') + (empty.length > NAMED ? ', ...' : '');
  const message = `Split ${name} of ${data} has no image of ${empty.length} of its ${classes.length} classes (${named}); add some, or leave these classes out.`;
  throw new EvaluationError('CLASS_WITHOUT_IMAGES', message);
}

/** There is something to tell apart among the images that are scored. @throws EvaluationError TOO_FEW_CLASSES */
export function requireSeveralClasses({ labels }: Split, name: SplitName, { classes, name: data }: Dataset): void {
  const present = imagesOfClasses(labels, classes.length).filter((count) => count > 0).length;
  requireSeveral(present, `Split ${name} of ${data} has images of`);
}

function requireSeveral(count: number, what: string): void {
  if (count >= 2) return;
  const message = `${what} ${count === 1 ? 'one class' : 'no class'}; at least two are needed, or every answer is right.`;
  throw new EvaluationError('TOO_FEW_CLASSES', message);
}

function imagesOfClasses(labels: Labels, numClasses: number): Int32Array {
  const counts = new Int32Array(numClasses);
  if (labels.kind === 'classes') for (const label of labels.classes) counts[label]!++;
  else for (const [mark, value] of labels.present.entries()) if (value === 1) counts[mark % numClasses]!++;
  return counts;
}

/** The labels of some images, in their order. */
export function labelsOf(labels: Labels, images: Int32Array, numClasses: number): Labels {
  if (labels.kind === 'classes') return { kind: 'classes', classes: images.map((image) => labels.classes[image]!) };
  const present = new Int8Array(images.length * numClasses);
  for (const [row, image] of images.entries()) {
    present.set(labels.present.subarray(image * numClasses, (image + 1) * numClasses), row * numClasses);
  }
  return { kind: 'sets', present };
}

/** The classes that an image has, by number. */
export function classesOf(labels: Labels, image: number, numClasses: number): number[] {
  if (labels.kind === 'classes') return [labels.classes[image]!];
  const present = labels.present.subarray(image * numClasses, (image + 1) * numClasses);
  return [...present.keys()].filter((label) => present[label] === 1);
}
