import { createHash } from 'node:crypto';
import type { Split } from './dataset.ts';

/** SHA-256 in hexadecimal over the names, labels, texts, supplied attributes and coordinates of a split's images. */
export function splitDigest({ images, labels, texts, attributes, coordinates }: Split): string {
  const hash = createHash('sha256');
  for (let index = 0; index < images.length; index++) hash.update(JSON.stringify(images.name(index)));
  const values = labels.kind === 'classes' ? labels.classes : labels.present;
  hash.update(labels.kind).update(values);
  if (texts) hash.update(JSON.stringify(texts));
  if (attributes) hash.update(JSON.stringify(attributes));
  if (coordinates) hash.update(coordinates);
  return hash.digest('hex');
}

/** Images of each class; of any number of classes each where labels are sets. */
export function countClasses({ labels }: Split, numClasses: number): Int32Array {
  const counts = new Int32Array(numClasses);
  if (labels.kind === 'classes') for (const label of labels.classes) counts[label]!++;
  else for (const [index, mark] of labels.present.entries()) if (mark === 1) counts[index % numClasses]!++;
  return counts;
}
