/**
 * MATLAB's MAT files of level 5, as far as labels and pixels need them: arrays of numbers, text, cells and structures, packed
 * or not. Level 7.3 is HDF5 and not read here.
 */
import { inflateSync } from 'node:zlib';
import { broken } from '../download-files.ts';

export interface MatNumbers {
  readonly kind: 'numbers';
  /** Columns first, as everything in MATLAB. */
  readonly shape: readonly number[];
  readonly values:
    | Uint8Array
    | Int8Array
    | Uint16Array
    | Int16Array
    | Uint32Array
    | Int32Array
    | Float32Array
    | Float64Array;
}

export type MatValue =
  | MatNumbers
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'cells'; readonly shape: readonly number[]; readonly cells: readonly MatValue[] }
  | { readonly kind: 'structures'; readonly rows: readonly ReadonlyMap<string, MatValue>[] }
  /** Functions, objects and sparse matrices. */
  | { readonly kind: 'other' };

interface Element {
  readonly type: number;
  readonly data: Buffer;
  /** Where the next one begins. */
  readonly end: number;
}

const MATRIX = 14;
const COMPRESSED = 15;
/** Classes of matrices. */
const CELL = 1;
const STRUCTURE = 2;
const TEXT = 4;
const FIRST_NUMBERS = 6;
const LAST_NUMBERS = 15;

const arrays = new Map<number, new (buffer: ArrayBuffer) => MatNumbers['values']>([
  [1, Int8Array],
  [2, Uint8Array],
  [3, Int16Array],
  [4, Uint16Array],
  [5, Int32Array],
  [6, Uint32Array],
  [7, Float32Array],
  [9, Float64Array],
  [16, Uint8Array],
  [17, Uint16Array],
]);

/** The variables of a file by their names. @throws DatasetError DATASET_FILE_BROKEN */
export function parseMat(file: string, bytes: Buffer): Map<string, MatValue> {
  if (bytes.length < 128) throw broken(file, 'it is too short for a MAT file');
  const version = bytes.readUInt16LE(124);
  if (bytes.toString('latin1', 126, 128) !== 'IM' || version !== 0x0100)
    throw broken(file, 'it is no MAT file of level 5');
  const variables = new Map<string, MatValue>();
  try {
    for (let at = 128; at < bytes.length; ) {
      const element = elementAt(bytes, at);
      const matrix = element.type === COMPRESSED ? elementAt(inflateSync(element.data), 0) : element;
      if (matrix.type === MATRIX) {
        const { name, value } = parseMatrix(matrix.data);
        variables.set(name, value);
      }
      at = element.end;
    }
  } catch (error) {
    throw broken(file, 'it is no whole MAT file', error);
  }
  return variables;
}

/** An element of up to four bytes lies in its own tag; others begin at multiples of eight bytes. */
function elementAt(bytes: Buffer, at: number): Element {
  const word = bytes.readUInt32LE(at);
  const small = word >>> 16;
  if (small > 0) return { type: word & 0xffff, data: bytes.subarray(at + 4, at + 4 + small), end: at + 8 };
  const length = bytes.readUInt32LE(at + 4);
  const data = bytes.subarray(at + 8, at + 8 + length);
  if (data.length < length) throw new RangeError('an element ends after the file');
  const padded = word === COMPRESSED ? length : Math.ceil(length / 8) * 8;
  return { type: word, data, end: at + 8 + padded };
}

function parseMatrix(bytes: Buffer): { readonly name: string; readonly value: MatValue } {
  if (bytes.length === 0) return { name: '', value: { kind: 'cells', shape: [0, 0], cells: [] } };
  const flags = elementAt(bytes, 0);
  const sizes = elementAt(bytes, flags.end);
  const title = elementAt(bytes, sizes.end);
  const name = title.data.toString('latin1');
  const shape = [...(numbersOf(sizes) as Int32Array)];
  const count = shape.reduce((product, size) => product * size, 1);
  const kind = flags.data[0]!;
  if (kind === CELL) return { name, value: { kind: 'cells', shape, cells: matricesAt(bytes, title.end, count) } };
  if (kind === STRUCTURE) return { name, value: structuresAt(bytes, title.end, count) };
  if (kind !== TEXT && (kind < FIRST_NUMBERS || kind > LAST_NUMBERS)) return { name, value: { kind: 'other' } };
  const data = elementAt(bytes, title.end);
  if (kind === TEXT) return { name, value: { kind: 'text', text: textOf(data) } };
  const values = numbersOf(data);
  if (values.length < count) throw new RangeError('an array is shorter than its shape');
  return { name, value: { kind: 'numbers', shape, values } };
}

function matricesAt(bytes: Buffer, start: number, count: number): MatValue[] {
  const values: MatValue[] = [];
  for (let at = start; values.length < count; ) {
    const element = elementAt(bytes, at);
    values.push(parseMatrix(element.data).value);
    at = element.end;
  }
  return values;
}

function structuresAt(bytes: Buffer, start: number, count: number): MatValue {
  const width = elementAt(bytes, start);
  const names = elementAt(bytes, width.end);
  const size = width.data.readInt32LE(0);
  const fields: string[] = [];
  for (let at = 0; at < names.data.length; at += size) {
    fields.push(names.data.toString('latin1', at, at + size).replace(/\0.*$/s, ''));
  }
  const values = matricesAt(bytes, names.end, count * fields.length);
  const rows = Array.from(
    { length: count },
    (_, row) => new Map(fields.map((field, column) => [field, values[row * fields.length + column]!])),
  );
  return { kind: 'structures', rows };
}

/** Numbers are stored in the smallest type that holds them all, whatever the array's class. */
function numbersOf({ type, data }: Element): MatNumbers['values'] {
  const large = type === 12 ? BigInt64Array : type === 13 ? BigUint64Array : undefined;
  if (large) return Float64Array.from(new large(copyOf(data)), Number);
  const Values = arrays.get(type);
  if (!Values) throw new RangeError(`no numbers are of type ${type}`);
  if (Values === Uint8Array) return data;
  return new Values(copyOf(data));
}

/** In a buffer of its own, for numbers of several bytes must begin where their size allows. */
function copyOf(data: Buffer): ArrayBuffer {
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
}

function textOf(element: Element): string {
  if (element.type === 16) return element.data.toString('utf8');
  return String.fromCharCode(...numbersOf(element));
}
