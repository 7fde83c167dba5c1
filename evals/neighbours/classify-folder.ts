/** How well features tell classes apart: a kNN classifier on folders of images, whose subfolders are the classes. */
import type { ImageSource } from '../../data/source.ts';
import { EvaluationError } from '../errors.ts';
import { type EmbedImagesOptions, embedImages } from '../features/embed-images.ts';
import type { Encoder } from '../features/encoder.ts';
import { type Features, features } from '../features/features.ts';
import { type Share, wilsonInterval } from '../intervals/confidence.ts';
import { knnClassify } from './knn.ts';

export interface ClassifyOptions extends EmbedImagesOptions {
  /** Neighbours that vote; fewer where there are not so many images. */
  readonly k: number;
  readonly temperature: number;
}

export interface Classification {
  /** Of the images whose class got the most votes. */
  readonly accuracy: Share;
  /** Images that were classified. */
  readonly images: number;
  readonly classes: number;
  /** Neighbours that voted. */
  readonly k: number;
  readonly skipped: { readonly name: string; readonly code: string; readonly message: string }[];
}

interface Labelled {
  readonly features: Features;
  readonly labels: readonly string[];
  readonly skipped: Classification['skipped'];
}

/**
 * @param database labelled images to search among; without one, each image is looked up among all others
 * @throws EvaluationError TOO_FEW_CLASSES, FEATURES_NOT_FINITE
 */
export async function classifyFolder(
  encoder: Encoder,
  images: ImageSource,
  database: ImageSource | undefined,
  { k: wanted, temperature, onProgress, ...options }: ClassifyOptions,
): Promise<Classification> {
  const total = images.length + (database?.length ?? 0);
  const embed = (source: ImageSource, before: number) =>
    embedLabelled(source, encoder, { ...options, onProgress: (done) => onProgress?.(before + done, total) });
  const queries = await embed(images, 0);
  const among = database ? await embed(database, images.length) : queries;
  const classes = [...new Set(among.labels)].sort();
  if (classes.length < 2 || queries.labels.length === 0) {
    const message = `There are usable images of ${classes.length} classes; give a folder with a subfolder for each of at least two.`;
    throw new EvaluationError('TOO_FEW_CLASSES', message);
  }
  const numbers = new Map(classes.map((label, number) => [label, number]));
  const labels = Int32Array.from(among.labels, (label) => numbers.get(label)!);
  const k = Math.min(wanted, labels.length - (database ? 0 : 1));
  const votes = { k, temperature, leaveOneOut: database === undefined };
  const { predictions } = await knnClassify(queries.features, among.features, labels, classes.length, votes);
  const hits = queries.labels.filter((label, row) => classes[predictions[row]!] === label).length;
  return {
    accuracy: wilsonInterval(hits, queries.labels.length),
    images: queries.labels.length,
    classes: classes.length,
    k,
    skipped: database ? [...queries.skipped, ...among.skipped] : queries.skipped,
  };
}

/** Images in the folder itself have no class, and are left out. */
async function embedLabelled(source: ImageSource, encoder: Encoder, options: EmbedImagesOptions): Promise<Labelled> {
  const { features: values, names, skipped } = await embedImages(source, encoder, options);
  const { width } = encoder;
  const rows = [...names.keys()].filter((row) => names[row]!.includes('/'));
  const kept = new Float32Array(rows.length * width);
  for (const [place, row] of rows.entries()) kept.set(values.subarray(row * width, (row + 1) * width), place * width);
  const labels = rows.map((row) => names[row]!.slice(0, names[row]!.indexOf('/')));
  return { features: features(kept, width), labels, skipped };
}
