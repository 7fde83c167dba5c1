/** A file of features as `auspex embed` writes it, read some rows at a time. */
import { open } from 'node:fs/promises';
import * as z from 'zod';
import { CheckpointError } from '../../checkpoints/errors.ts';
import { readHeader } from '../../checkpoints/safetensors-header.ts';

const metadataSchema = z.object({
  names: z.string().transform(parseJson).pipe(z.custom<readonly string[]>(areTexts)),
  layer: z.string().default(''),
  size: z.coerce.number().default(0),
});

export class FeatureFile {
  readonly path: string;
  /** One for each row. */
  readonly names: readonly string[];
  /** Of one row. */
  readonly shape: readonly number[];
  readonly layer: string;
  /** Side of the views in pixels. */
  readonly size: number;
  /** Byte of the file at which rows begin. */
  readonly begin: number;

  /** @throws CheckpointError CHECKPOINT_NOT_FOUND, or CHECKPOINT_DAMAGED where it is none */
  static open(file: string): FeatureFile {
    return new FeatureFile(file);
  }

  private constructor(file: string) {
    const { tensors, metadata } = readHeader(file);
    const features = tensors.get('features');
    const { data } = metadataSchema.safeParse(metadata);
    if (features?.dtype !== 'F32' || !data || features.shape[0] !== data.names.length) {
      throw new CheckpointError('CHECKPOINT_DAMAGED', `${file} holds no features as \`auspex embed\` writes them.`);
    }
    this.path = file;
    this.names = data.names;
    this.shape = features.shape.slice(1);
    this.layer = data.layer;
    this.size = data.size;
    this.begin = features.begin;
  }

  get count(): number {
    return this.names.length;
  }

  /** Numbers of a row. */
  get width(): number {
    return this.shape.reduce((product, extent) => product * extent, 1);
  }

  /**
   * @param memory of at least so many numbers, to be used again; what is returned lies in it
   * @throws CheckpointError CHECKPOINT_DAMAGED where the file ends before
   */
  async rows(first: number, count: number, memory = new Float32Array(count * this.width)): Promise<Float32Array> {
    const { path, begin, width } = this;
    const rowBytes = 4 * width;
    const bytes = new Uint8Array(memory.buffer, memory.byteOffset, count * rowBytes);
    const handle = await open(path);
    try {
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, begin + first * rowBytes);
      if (bytesRead < bytes.length)
        throw new CheckpointError('CHECKPOINT_DAMAGED', `${path} was cut off while it was read.`);
    } finally {
      await handle.close();
    }
    return memory.subarray(0, count * width);
  }
}

/** Of a million, which the schema's own way would copy. */
function areTexts(names: unknown): boolean {
  return Array.isArray(names) && names.every((name) => typeof name === 'string');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // which is no list of names
  }
}
