/**
 * tensors.json: the CRC-32 of every tensor and of the header, by file. SHA256SUMS says which file is damaged, and this which of
 * its tensors. Whoever resumes compares with this alone where it has all parts of a file: a CRC-32 takes a third of the time.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { HEADER_PART } from './safetensors.ts';
import { readHeader } from './safetensors-header.ts';
import type { SavedFile } from './shards.ts';

export const TENSOR_SUMS_FILE = 'tensors.json';

/** What a file's own SHA-256 goes by among the checksums of its parts: so that the two lists of checksums vouch for each other. */
const WHOLE_FILE = '__sha256__';

/** CRC-32 in 8 hexadecimal digits, by file and tensor. */
export type TensorSums = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function formatTensorSums(files: readonly SavedFile[]): string {
  const sums = files.map(({ name, sha256, tensors }) => [name, { [WHOLE_FILE]: sha256, ...tensors }] as const);
  return `${JSON.stringify(Object.fromEntries(sums), null, 2)}\n`;
}

/** A part of a file, from the end of the one before to `end`, and its CRC-32 as a number. */
export interface FilePart {
  readonly name: string;
  readonly end: number;
  readonly sum: number;
}

/**
 * A file's header and tensors in their order.
 * @param sha256 of the file, as SHA256SUMS has it.
 * @returns undefined where a checksum is not known, or not of this file: SHA256SUMS has to decide.
 * @throws CheckpointError as readHeader.
 */
export function partsOf(folder: string, file: string, sha256: string, sums: TensorSums): FilePart[] | undefined {
  const known = sums[file];
  if (known?.[HEADER_PART] === undefined || known[WHOLE_FILE] !== sha256) return undefined;
  const entries = [...readHeader(path.join(folder, file)).tensors].sort(
    ([, one], [, other]) => one.begin - other.begin,
  );
  if (entries.length === 0 || entries.some(([name]) => known[name] === undefined)) return undefined;
  const sum = (name: string) => Number.parseInt(known[name]!, 16);
  const header = { name: HEADER_PART, end: entries[0]![1].begin, sum: sum(HEADER_PART) };
  return [header, ...entries.map(([name, { end }]) => ({ name, end, sum: sum(name) }))];
}

const schema: z.ZodType<TensorSums> = z.record(
  z.string(),
  z.record(z.string(), z.string().regex(/^([0-9a-f]{8}|[0-9a-f]{64})$/)),
);

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
