/**
 * tensors.json: the CRC-32 of every tensor, by file. SHA256SUMS says which file is damaged, and this which of its tensors; it
 * is looked at for no other reason.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { SavedFile } from './shards.ts';

export const TENSOR_SUMS_FILE = 'tensors.json';

/** CRC-32 in 8 hexadecimal digits, by file and tensor. */
export type TensorSums = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function formatTensorSums(files: readonly SavedFile[]): string {
  const sums = files.map(({ name, tensors }) => [name, tensors] as const);
  return `${JSON.stringify(Object.fromEntries(sums), null, 2)}\n`;
}

const schema: z.ZodType<TensorSums> = z.record(z.string(), z.record(z.string(), z.string().regex(/^[0-9a-f]{8}$/)));

/** @returns undefined where there is none that can be read: earlier versions wrote none, and it may be what is damaged. */
export async function readTensorSums(folder: string): Promise<TensorSums | undefined> {
  const text = await readFile(path.join(folder, TENSOR_SUMS_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
