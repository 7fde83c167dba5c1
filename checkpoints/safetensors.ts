/**
 * The safetensors file format: an 8-byte little-endian header length, a JSON header, then the tensors' bytes.
 * Reference: https://github.com/huggingface/safetensors#format
 */
import { closeSync, openSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { writeFileAtomically } from './atomic-file.ts';
import { CheckpointError } from './errors.ts';
import { HashedFile } from './hashed-file.ts';
import { readExactly } from './read-file.ts';
import {
  BYTES_PER_ELEMENT,
  elementsOf,
  readHeader,
  type SafetensorsDType,
  type TensorEntry,
} from './safetensors-header.ts';

export type { SafetensorsDType, TensorEntry } from './safetensors-header.ts';

/** One tensor of a file; `data` holds its little-endian bytes, row-major. */
export interface Tensor {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/**
 * A tensor to be written; a function gives its bytes when their turn comes, at once or in chunks of which each is good until
 * the next is asked for, so that they need not all be in memory.
 */
export interface TensorSource {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly data: Uint8Array | (() => Uint8Array | Promise<Uint8Array> | AsyncIterable<Uint8Array>);
}

/** Named tensors that are read one by one: a file, or what stands for one. */
export interface TensorFile {
  readonly path: string;
  /** Types and shapes of the tensors. */
  readonly entries: ReadonlyMap<string, Pick<TensorEntry, 'dtype' | 'shape'>>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Reads one tensor.
   * @throws CheckpointError TENSOR_NOT_FOUND, or CHECKPOINT_DAMAGED if the file shrank since it was opened.
   */
  tensor(name: string): Tensor;
}

/** A checked file. */
export interface SafetensorsFile extends TensorFile {
  /** Types, shapes and positions of the tensors, in the order of the header. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
}

export interface WrittenFile {
  readonly bytes: number;
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** CRC-32 of each tensor's bytes, in hexadecimal: tells which tensor of a damaged file it is. */
  readonly tensors: Readonly<Record<string, string>>;
}

/**
 * Checks a file's header; tensors are read when asked for.
 * @throws CheckpointError CHECKPOINT_NOT_FOUND or CHECKPOINT_DAMAGED.
 */
export function openSafetensors(file: string): SafetensorsFile {
  const { tensors: entries, metadata } = readHeader(file);
  const tensor = (name: string): Tensor => {
    const entry = entries.get(name);
    if (!entry) throw new CheckpointError('TENSOR_NOT_FOUND', `${file}: has no tensor ${name}`);
    const descriptor = openSync(file, 'r');
    try {
      const data = readExactly(descriptor, entry.begin, entry.end - entry.begin, file);
      return { dtype: entry.dtype, shape: entry.shape, data };
    } finally {
      closeSync(descriptor);
    }
  };
  return { path: file, entries, metadata, tensor };
}

/** Reads every tensor of a file, in the order of the header. */
export function readSafetensors(file: string): Map<string, Tensor> {
  const opened = openSafetensors(file);
  return new Map([...opened.entries.keys()].map((name) => [name, opened.tensor(name)]));
}

/**
 * Writes a file that appears whole or not at all.
 * @param metadata - free text pairs for the header.
 * @throws CheckpointError CHECKPOINT_WRITE_FAILED; a file that was there before is intact.
 */
export function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, TensorSource>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<WrittenFile> {
  return writeFileAtomically(file, (handle) => streamSafetensors(handle, file, tensors, metadata));
}

/** What the header goes by among the checksums of a file's parts; no tensor has this name, as no tensor is `__metadata__`. */
export const HEADER_PART = '__header__';

/** Writes header and tensors to an open file. */
export async function streamSafetensors(
  handle: FileHandle,
  file: string,
  tensors: ReadonlyMap<string, TensorSource>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<WrittenFile> {
  const { header, tensorBytes } = headerOf(tensors, metadata);
  const output = new HashedFile(handle, header.byteLength + tensorBytes);
  try {
    const sums: Record<string, string> = {};
    output.beginPart();
    await output.write(header);
    sums[HEADER_PART] = await output.endPart();
    for (const [name, source] of tensors) sums[name] = await writeTensor(output, file, name, source);
    return { sha256: await output.end(), bytes: output.bytes, tensors: sums };
  } finally {
    await output.settled();
  }
}

/** @returns its CRC-32. */
async function writeTensor(output: HashedFile, file: string, name: string, source: TensorSource): Promise<string> {
  const before = output.bytes;
  output.beginPart();
  for await (const chunk of chunksOf(source.data)) await output.write(chunk);
  const bytes = output.bytes - before;
  const expected = bytesOf(source);
  if (bytes === expected) return output.endPart();
  const needed = `${source.dtype} [${source.shape}] needs ${expected}`;
  throw new TypeError(`${file}: tensor ${name} has ${bytes} bytes; ${needed}`);
}

async function* chunksOf(data: TensorSource['data']): AsyncGenerator<Uint8Array> {
  const values = await (typeof data === 'function' ? data() : data);
  if (Symbol.asyncIterator in values) yield* values;
  else yield values;
}

function headerOf(tensors: ReadonlyMap<string, TensorSource>, metadata: Readonly<Record<string, string>>) {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header['__metadata__'] = metadata;
  let position = 0;
  for (const [name, tensor] of tensors) {
    const end = position + bytesOf(tensor);
    header[name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [position, end] };
    position = end;
  }
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  // Padded with spaces, so that the tensors begin at a multiple of 8 and can be mapped.
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  json.copy(padded, 8);
  return { header: padded, tensorBytes: position };
}

function bytesOf({ dtype, shape }: Pick<TensorEntry, 'dtype' | 'shape'>): number {
  return elementsOf(shape) * BYTES_PER_ELEMENT[dtype];
}
