/** `dataset.json`: what was prepared, and from where. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { messageOf } from '../../errors.ts';
import { DatasetError } from './errors.ts';

export const RECORD_FILE = 'dataset.json';
export const FORMAT_VERSION = 1;

const splitName = z.enum(['train', 'val', 'test']);

const recordSchema = z.object({
  formatVersion: z.literal(FORMAT_VERSION),
  name: z.string(),
  /** From this folder to the download. */
  files: z.string(),
  /** Fewer or more images than were published were accepted. */
  partial: z.boolean(),
  classes: z.number().int(),
  /** Of each split its images, and SHA-256 over their names and labels. */
  splits: z.partialRecord(splitName, z.object({ images: z.number().int(), digest: z.string() })),
  /** Items of the download that cannot be used. */
  unusable: z.array(z.object({ name: z.string(), message: z.string() })),
  terms: z.object({ name: z.string(), where: z.string() }),
});

export type DatasetRecord = z.infer<typeof recordSchema>;

/** @throws DatasetError DATASET_NOT_PREPARED */
export async function readRecord(folder: string): Promise<DatasetRecord> {
  const file = path.join(folder, RECORD_FILE);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw notPrepared(file, messageOf(error), error);
  }
  const parsed = recordSchema.safeParse(json);
  if (!parsed.success) throw notPrepared(file, z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return parsed.data;
}

function notPrepared(file: string, why: string, cause?: unknown): DatasetError {
  return new DatasetError(
    'DATASET_NOT_PREPARED',
    `${file} cannot be used: ${why}. Make it with \`auspex datasets prepare NAME --from DOWNLOAD --out ${path.dirname(file)}\`.`,
    { cause },
  );
}
