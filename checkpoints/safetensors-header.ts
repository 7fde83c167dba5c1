/** The header of a safetensors file, checked before anything in it is believed. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { CheckpointError } from './errors.ts';
import { readExactly } from './read-file.ts';

export type SafetensorsDType = 'F32' | 'BF16' | 'F16' | 'F64' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

export const BYTES_PER_ELEMENT: Readonly<Record<SafetensorsDType, number>> = {
  F32: 4,
  BF16: 2,
  F16: 2,
  F64: 8,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** The format's own limit; a larger length is a sign of another kind of file. */
const MAXIMUM_HEADER_BYTES = 100_000_000;

export interface TensorEntry {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Position of the first byte in the file. */
  readonly begin: number;
  /** Position after the last byte in the file. */
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The free text pairs of `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Number of elements of a shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Reads and checks a file's header.
 * @param options.cut the file may end before its tensors do, for those who want to know which of them are whole.
 * @throws CheckpointError CHECKPOINT_NOT_FOUND, or CHECKPOINT_DAMAGED that names the file and, if it is one's fault, the tensor.
 */
export function readHeader(file: string, options: { readonly cut?: boolean } = {}): SafetensorsHeader {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (cause) {
    throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${file}: cannot be opened (${messageOf(cause)})`, { cause });
  }
  try {
    const fileBytes = fstatSync(descriptor).size;
    if (fileBytes < 8) throw damaged(file, `has ${fileBytes} bytes and so no header`);
    const headerBytes = Number(readExactly(descriptor, 0, 8, file).readBigUInt64LE());
    if (headerBytes > MAXIMUM_HEADER_BYTES)
      throw damaged(file, `is no safetensors file: a header of ${headerBytes} bytes`);
    if (8 + headerBytes > fileBytes) throw damaged(file, `is truncated within its header of ${headerBytes} bytes`);
    const json = parseJson(readExactly(descriptor, 8, headerBytes, file), file);
    return checkHeader(json, 8 + headerBytes, options.cut ? undefined : fileBytes, file);
  } finally {
    closeSync(descriptor);
  }
}

function parseJson(bytes: Buffer, file: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(file, `has a header that is not JSON (${messageOf(cause)})`, cause);
  }
  if (!isRecord(json)) throw damaged(file, 'has a header that is not an object');
  return json;
}

function checkHeader(
  json: Record<string, unknown>,
  dataBegin: number,
  fileBytes: number | undefined,
  file: string,
): SafetensorsHeader {
  const { __metadata__: metadata = {}, ...entries } = json;
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw damaged(file, 'has __metadata__ that is not a mapping of text');
  }
  const tensors = new Map<string, TensorEntry>();
  for (const [name, entry] of Object.entries(entries)) {
    tensors.set(name, checkEntry(name, entry, dataBegin, file));
  }

  // The tensors must fill the file: in order of position, each begins where the one before it ended.
  let position = dataBegin;
  let previous = 'the header';
  for (const [name, { begin, end }] of [...tensors].sort(
    ([, one], [, other]) => one.begin - other.begin || one.end - other.end,
  )) {
    if (begin !== position) {
      const relation = begin < position ? 'overlaps' : 'leaves a gap after';
      throw damaged(file, `tensor ${name} ${relation} ${previous}`);
    }
    if (fileBytes !== undefined && end > fileBytes)
      throw damaged(file, `is truncated: tensor ${name} ends at byte ${end} of ${fileBytes}`);
    position = end;
    previous = `tensor ${name}`;
  }
  if (fileBytes !== undefined && position !== fileBytes)
    throw damaged(file, `has ${fileBytes - position} bytes that belong to no tensor`);
  return { tensors, metadata: metadata as Record<string, string> };
}

function checkEntry(name: string, entry: unknown, dataBegin: number, file: string): TensorEntry {
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isRecord(entry)) throw damaged(file, `tensor ${name} is not described`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES_PER_ELEMENT, dtype)) {
    throw damaged(file, `tensor ${name} has the unknown type ${JSON.stringify(dtype)}`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw damaged(file, `tensor ${name} has the impossible shape ${JSON.stringify(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw damaged(file, `tensor ${name} has impossible offsets ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = elementsOf(shape) * BYTES_PER_ELEMENT[dtype as SafetensorsDType];
  if (end - begin !== bytes) {
    throw damaged(file, `tensor ${name} takes ${end - begin} bytes; ${dtype} of shape [${shape}] needs ${bytes}`);
  }
  return { dtype: dtype as SafetensorsDType, shape, begin: dataBegin + begin, end: dataBegin + end };
}

function damaged(file: string, problem: string, cause?: unknown): CheckpointError {
  return new CheckpointError('CHECKPOINT_DAMAGED', `${file}: ${problem}; the file is damaged`, { cause });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
