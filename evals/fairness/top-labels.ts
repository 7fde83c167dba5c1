/** The labels that a fine-tuned network finds most likely for each image, and how likely. */
import path from 'node:path';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import type { ImageSource } from '../../data/source.ts';
import { classify } from '../fine-tune/classify.ts';
import { requireClassifier } from '../fine-tune/require-classifier.ts';
import type { Workbench } from '../protocols/protocol.ts';

export interface TopLabels {
  /** The image of each row. */
  readonly images: Int32Array;
  readonly perImage: number;
  /** (rows, perImage): numbers of the network's classes, the most likely first; of equal ones the lower. */
  readonly labels: Int32Array;
  /** (rows, perImage): from 0 to 1, a softmax over all classes. */
  readonly confidences: Float64Array;
}

export interface ClassifyOptions {
  /** Side of the centre view in pixels. */
  readonly size: number;
  readonly batchSize: number;
  readonly precision: 'auto' | 'fp32' | 'bf16';
}

/** @param wanted labels of each image, fewer where the network has fewer classes @throws as `classify` and `requireClassifier` */
export async function topLabels(
  bench: Workbench,
  { size, batchSize, precision }: ClassifyOptions,
  wanted: number,
): Promise<TopLabels> {
  const { classes, description, weights } = requireClassifier(bench.model);
  const { images } = await bench.split('test');
  const perImage = Math.min(wanted, classes.length);
  const rows: number[] = [];
  const labels = new Int32Array(images.length * perImage);
  const confidences = new Float64Array(images.length * perImage);
  const skipped = await classify({
    ...{ description, weights, images, size, batchSize, precision, signal: bench.signal },
    onProgress: (done, total) => bench.progress('labels of test', done, total),
    onScores: (image, scores) => {
      const at = rows.length * perImage;
      rows.push(image);
      const { best, shares } = mostLikely(scores, perImage);
      labels.set(best, at);
      confidences.set(shares, at);
    },
  });
  bench.noteImages('test', rows.length, skipped);
  const used = rows.length * perImage;
  return {
    images: Int32Array.from(rows),
    perImage,
    labels: labels.subarray(0, used),
    confidences: confidences.subarray(0, used),
  };
}

/** @param scores before the softmax */
export function mostLikely(scores: Float32Array, count: number): { best: number[]; shares: number[] } {
  const highest = scores.reduce((most, score) => Math.max(most, score));
  const total = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
  const best = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, count);
  return { best, shares: best.map((label) => Math.exp(scores[label]! - highest) / total) };
}

/** Writes what was said of each image, so that other thresholds and groups need no network. */
export async function writeLabels(
  folder: string,
  name: string,
  classes: readonly string[],
  source: ImageSource,
  { images, perImage, labels, confidences }: TopLabels,
): Promise<void> {
  const described = Array.from(images, (image, row) => ({
    name: source.name(image),
    labels: Array.from({ length: perImage }, (_, i) => ({
      label: classes[labels[row * perImage + i]!]!,
      confidence: Number(confidences[row * perImage + i]!.toPrecision(6)),
    })),
  }));
  const text = `${JSON.stringify({ formatVersion: 1, images: described }, null, 1)}\n`;
  await writeFileAtomically(path.join(folder, name), (handle) => handle.writeFile(text));
}
