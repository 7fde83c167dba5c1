/** Black and white images of an NPZ archive, packed to a bit for each pixel. */
import { open, rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import { messageOf } from '../../../errors.ts';
import { broken } from '../download-files.ts';
import { DatasetError } from '../errors.ts';

const openZip = promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open);

/**
 * Reads `imgs` of an archive, which must have the given shape, and writes `to` at once.
 * @throws DatasetError DATASET_FILE_BROKEN
 */
export async function packImages(
  archive: string,
  to: string,
  shape: readonly number[],
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const half = `${to}.part`;
  const file = await open(half, 'w');
  try {
    await pack(archive, shape, onProgress, async (bytes) => {
      await file.write(bytes);
    });
    await file.sync();
    await file.close();
    await rename(half, to);
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw broken(archive, messageOf(error), error);
  } finally {
    await file.close().catch(() => undefined);
    await rm(half, { force: true });
  }
}

/** @returns 0 or 255 for each pixel of what was packed */
export function unpackImage(bits: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 8 * bits.length }, (_, i) => ((bits[i >> 3]! >> (7 - (i & 7))) & 1) * 255);
}

async function pack(
  archive: string,
  shape: readonly number[],
  onProgress: (done: number, total: number) => void,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const total = shape.reduce((product, size) => product * size, 1);
  let rest: Buffer = Buffer.alloc(0);
  let inBody = false;
  let done = 0;
  for await (const chunk of await memberOf(archive, 'imgs.npy')) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
    if (!inBody) {
      const start = bodyStart(archive, rest, shape);
      if (start === undefined) continue;
      inBody = true;
      rest = rest.subarray(start);
    }
    const whole = rest.length - (rest.length % 8);
    await write(bitsOf(rest.subarray(0, whole)));
    done += whole;
    rest = rest.subarray(whole);
    onProgress(done, total);
  }
  if (done !== total || rest.length > 0) throw broken(archive, `imgs has ${done + rest.length} values of ${total}`);
}

async function memberOf(archive: string, name: string): Promise<Readable> {
  const zip = await openZip(archive, { lazyEntries: true });
  const entry = await new Promise<yauzl.Entry>((resolve, reject) => {
    zip.on('entry', (one: yauzl.Entry) => (one.fileName === name ? resolve(one) : zip.readEntry()));
    zip.on('end', () => reject(broken(archive, `it has no ${name}`)));
    zip.on('error', reject);
    zip.readEntry();
  });
  return await promisify(
    zip.openReadStream.bind(zip) as (entry: yauzl.Entry, done: (error: Error | null, stream: Readable) => void) => void,
  )(entry);
}

/** Where an NPY file's values begin, or undefined while its head is not there as a whole. */
function bodyStart(archive: string, bytes: Buffer, shape: readonly number[]): number | undefined {
  if (bytes.length < 12) return undefined;
  if (bytes.toString('latin1', 1, 6) !== 'NUMPY') throw broken(archive, 'imgs is no NPY file');
  const long = bytes[6]! > 1;
  const start = (long ? 12 : 10) + (long ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  if (bytes.length < start) return undefined;
  const head = bytes.toString('latin1', 0, start);
  if (
    !/'descr': '\|[ub]1'/.test(head) ||
    !head.includes(`(${shape.join(', ')})`) ||
    !/'fortran_order': False/.test(head)
  )
    throw broken(archive, `imgs is no array of ${shape.join(' x ')} bytes`);
  return start;
}

function bitsOf(values: Uint8Array): Uint8Array {
  const bits = new Uint8Array(values.length / 8);
  for (let i = 0; i < values.length; i++) if (values[i]) bits[i >> 3]! |= 0x80 >> (i & 7);
  return bits;
}
