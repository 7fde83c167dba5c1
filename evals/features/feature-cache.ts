/**
 * Features that were computed before, one safetensors file for each key:
 *
 *     features   (rows, ...) F32
 *     rows       (rows) I32, the image of each row
 *     metadata   the key, the images that were skipped, and the CRC-32 of both tensors
 *
 * A file that is damaged, or of another key, is computed again. What cannot be kept is not an error: the work goes on.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { openSafetensors, type TensorSource, writeSafetensors } from '../../checkpoints/safetensors.ts';
import { elementsOf, type TensorEntry } from '../../checkpoints/safetensors-header.ts';
import { messageOf } from '../../errors.ts';
import { Checksums, readParts } from '../../kernels/files.ts';
import type { FeatureLayer } from '../../program/encoder.ts';
import type { ComputedFeatures } from './compute-features.ts';

/** All that features depend on. */
export interface FeatureKey {
  /** Of the checkpoint. */
  readonly checkpoint: string;
  /** Of the images. */
  readonly images: string;
  readonly layer: FeatureLayer;
  readonly average: boolean;
  /** Side of the centre view in pixels. */
  readonly size: number;
  readonly precision: 'f32' | 'bf16';
}

/** Another way to make a view of an image, or to compute features of it, has to count this up. */
const VERSION = 1;
/** Bytes that a checksum takes at once. */
const CHUNK_BYTES = 2 ** 26;

const metadataSchema = z.object({
  key: z.string(),
  skipped: z.string(),
  featuresCrc32: z.coerce.number(),
  rowsCrc32: z.coerce.number(),
});
const skippedSchema = z.array(z.object({ name: z.string(), code: z.string(), message: z.string() }));

export class FeatureCache {
  readonly folder: string;
  readonly #onWarning: (message: string) => void;

  constructor(folder: string, onWarning: (message: string) => void) {
    this.folder = folder;
    this.#onWarning = onWarning;
  }

  /** The features of a key: those that were kept, or those that are computed now and kept from now on. */
  async get(
    key: FeatureKey,
    compute: () => Promise<ComputedFeatures>,
  ): Promise<ComputedFeatures & { readonly cached: boolean }> {
    const text = JSON.stringify({ version: VERSION, ...key });
    const file = path.join(this.folder, `${createHash('sha256').update(text).digest('hex').slice(0, 32)}.safetensors`);
    const kept = await this.#read(file, text);
    if (kept) return { ...kept, cached: true };
    const computed = await compute();
    try {
      await mkdir(this.folder, { recursive: true });
      await write(file, text, computed);
    } catch (error) {
      this.#onWarning(`Features are not kept for another time: ${messageOf(error)}`);
    }
    return { ...computed, cached: false };
  }

  async #read(file: string, key: string): Promise<ComputedFeatures | undefined> {
    if (!existsSync(file)) return undefined;
    try {
      return await read(file, key);
    } catch (error) {
      this.#onWarning(`Kept features cannot be used, and are computed again: ${messageOf(error)}`);
      return undefined;
    }
  }
}

async function write(file: string, key: string, { values, shape, rows, skipped }: ComputedFeatures): Promise<void> {
  const features = bytesOf(values);
  const images = bytesOf(rows);
  const tensors = new Map<string, TensorSource>([
    ['features', { dtype: 'F32', shape: [rows.length, ...shape], data: features }],
    ['rows', { dtype: 'I32', shape: [rows.length], data: images }],
  ]);
  await writeSafetensors(file, tensors, {
    key,
    skipped: JSON.stringify(skipped),
    featuresCrc32: String(await crc32(features)),
    rowsCrc32: String(await crc32(images)),
  });
}

async function read(file: string, key: string): Promise<ComputedFeatures> {
  const { entries, metadata } = openSafetensors(file);
  const known = metadataSchema.parse(metadata);
  const [features, images] = [entries.get('features'), entries.get('rows')];
  if (
    known.key !== key ||
    features?.dtype !== 'F32' ||
    images?.dtype !== 'I32' ||
    features.shape[0] !== images.shape[0]
  ) {
    throw new Error(`${file} holds other features`);
  }
  const values = new Float32Array(elementsOf(features.shape));
  const rows = new Int32Array(elementsOf(images.shape));
  const stretch = ({ begin, end }: TensorEntry, into: Float32Array | Int32Array) => [
    { position: begin, bytes: end - begin, into: bytesOf(into) },
  ];
  const sums = await readParts(file, [stretch(features, values), stretch(images, rows)], availableParallelism());
  if (sums[0] !== known.featuresCrc32 || sums[1] !== known.rowsCrc32) throw new Error(`${file} is damaged`);
  return { values, shape: features.shape.slice(1), rows, skipped: skippedSchema.parse(JSON.parse(known.skipped)) };
}

async function crc32(bytes: Uint8Array): Promise<number> {
  const checksums = new Checksums();
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) await checksums.update(bytes.subarray(at, at + CHUNK_BYTES));
  return checksums.crc32();
}

function bytesOf(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
