/** Tensors of other software, in one safetensors file or in many: read one by one, as f32. */
import { readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import { CheckpointError } from '../errors.ts';
import { openSafetensors, type SafetensorsFile } from '../safetensors.ts';
import type { SafetensorsDType } from '../safetensors-header.ts';
import { InterchangeError } from './errors.ts';

/** A tensor that is not read yet. */
export interface ForeignTensor {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Where it lies, for messages. */
  readonly source: string;
  /** Row-major f32 values. @throws InterchangeError FOREIGN_TENSOR_SHAPE unless `requireNumbers` let it pass */
  read(): Float32Array<ArrayBuffer>;
}

/** By the name that the file gives it. */
export type ForeignTensors = ReadonlyMap<string, ForeignTensor>;

/**
 * Opens a safetensors file, or all of a folder.
 * @throws CheckpointError; InterchangeError PICKLE_REFUSED
 */
export async function openForeign(source: string): Promise<SafetensorsFile[]> {
  const files = listFiles(source);
  for (const file of files) await refusePickle(file);
  return files.map(openSafetensors);
}

/**
 * All tensors of some files.
 * @throws InterchangeError FOREIGN_TENSOR_UNUSED where two files have one of the same name.
 */
export function tensorsOf(files: readonly SafetensorsFile[]): ForeignTensors {
  const tensors = new Map<string, ForeignTensor>();
  for (const file of files) {
    for (const [name, { shape, dtype }] of file.entries) {
      const known = tensors.get(name);
      if (known) {
        throw new InterchangeError('FOREIGN_TENSOR_UNUSED', `${name} is both in ${known.source} and in ${file.path}`);
      }
      const read = () => widen(file.tensor(name).data, dtype, `${file.path}: ${name}`);
      tensors.set(name, { dtype, shape, source: file.path, read });
    }
  }
  return tensors;
}

function listFiles(source: string): string[] {
  try {
    if (!statSync(source).isDirectory()) return [source];
    const names = readdirSync(source).filter((name) => name.endsWith('.safetensors'));
    if (names.length > 0) return names.sort().map((name) => path.join(source, name));
  } catch (cause) {
    throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${source}: cannot be opened (${messageOf(cause)})`, { cause });
  }
  throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${source}: holds no file that ends in .safetensors`);
}

/** torch.save writes a zip, or in older versions a bare pickle. */
async function refusePickle(file: string): Promise<void> {
  const handle = await open(file, 'r').catch((cause) => {
    throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${file}: cannot be opened (${messageOf(cause)})`, { cause });
  });
  const begin = Buffer.alloc(9);
  try {
    await handle.read(begin, 0, begin.length, 0);
  } finally {
    await handle.close();
  }
  if (!looksPickled(begin)) return;
  throw new InterchangeError(
    'PICKLE_REFUSED',
    `${file}: is a file of torch.save, which can run any code when it is opened. Auspex never does that: convert it to ` +
      'safetensors first, with the few lines of Python in docs/interchange.md.',
  );
}

function looksPickled(begin: Buffer): boolean {
  // The length of a header of less than 4 GiB, and its JSON: whatever the first bytes mean elsewhere, this is safetensors.
  if (begin.readUInt32LE(4) === 0 && begin[8] === 0x7b) return false;
  const isZip = begin.toString('latin1', 0, 4) === 'PK\u0003\u0004';
  const isProtocol = begin[0] === 0x80 && begin[1]! >= 2 && begin[1]! <= 5;
  return isZip || isProtocol;
}

/** @throws InterchangeError FOREIGN_TENSOR_SHAPE where a tensor is of no floating-point type */
export function requireNumbers(tensors: ForeignTensors): void {
  for (const [name, { dtype, source }] of tensors) {
    if (!/^(F|BF)\d+$/.test(dtype)) throw noNumber(`${source}: the tensor for ${name}`, dtype);
  }
}

function noNumber(what: string, dtype: SafetensorsDType): InterchangeError {
  return new InterchangeError('FOREIGN_TENSOR_SHAPE', `${what} is of type ${dtype}, which is no floating-point number`);
}

/** Values of any floating-point type as f32. @param what names the tensor in an error */
export function widen(data: Uint8Array, dtype: SafetensorsDType, what: string): Float32Array<ArrayBuffer> {
  // A copy: the bytes of a file need not lie at a multiple of their size.
  const bytes = Uint8Array.from(data).buffer;
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes);
    case 'F64':
      return Float32Array.from(new Float64Array(bytes));
    case 'F16':
      return Float32Array.from(new Uint16Array(bytes), halfToNumber);
    case 'BF16':
      return new Float32Array(Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16).buffer);
    default:
      throw noNumber(what, dtype);
  }
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
