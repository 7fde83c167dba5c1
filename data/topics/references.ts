/**
 * Reads the images that messages only refer to. Messages come from whoever may publish, so a reference is not trusted: a file
 * has to lie below one of the given folders, links resolved; an object in one of the given buckets; and the bytes have to be
 * those whose SHA-256 the message has.
 *
 *     {shard, offset, length} ──▶ allowed? ──▶ file, kept open ──┐
 *                                     └──────▶ range of an object ┴──▶ length and SHA-256 ──▶ bytes
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import type { ImageMessage, ImageReference } from './image-message.ts';
import { OpenFiles } from './open-files.ts';
import { ImageReferenceError } from './reference-error.ts';

/** Of one image: a reference must not make a reader ask for all of its memory. */
const MAXIMUM_BYTES = 2 ** 30;
const MAXIMUM_OPEN_FILES = 64;

/**
 * Reads so many bytes of an object from an offset on; rejects where it cannot, with a message for people.
 * checkpoints/destinations/s3-objects.ts has one.
 */
export type ReadObjectRange = (bucket: string, key: string, offset: number, length: number) => Promise<Uint8Array>;

export interface ReferenceOptions {
  /** Folders below which files may be read. */
  readonly roots: readonly string[];
  /** Buckets of which objects may be read, and how. */
  readonly s3?: { readonly buckets: readonly string[]; readonly read: ReadObjectRange };
  /** Files that are kept open, and reads of files at the same time. @default 64 */
  readonly maximumOpenFiles?: number;
}

export interface References {
  /**
   * The bytes of an image, exactly those that the message means.
   * @param sha256 of the message, 32 bytes
   * @throws ImageReferenceError
   */
  read(reference: ImageReference, sha256: ImageMessage['sha256']): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** @throws ImageReferenceError REFERENCE_UNREADABLE where a root is no folder that can be looked into */
export async function openReferences({
  roots,
  s3,
  maximumOpenFiles = MAXIMUM_OPEN_FILES,
}: ReferenceOptions): Promise<References> {
  const realRoots = await Promise.all(roots.map(realRoot));
  const files = new OpenFiles(maximumOpenFiles, (file) => openBelow(file, realRoots));
  return {
    async read(reference, sha256) {
      checkRange(reference);
      if (reference.shard.startsWith('s3://')) return checked(await readObject(reference, s3), reference, sha256);
      const file = absolute(reference.shard);
      const attempt = async (handle: FileHandle) => checked(await readFile(handle, reference), reference, sha256);
      const bytes = await files.use(file, (handle, forget) =>
        attempt(handle).catch(async (error: unknown) => {
          if (!(await isReplaced(handle, file))) throw error;
          forget();
          return undefined;
        }),
      );
      return bytes ?? files.use(file, attempt);
    },
    close: () => files.close(),
  };
}

/** @throws ImageReferenceError REFERENCE_CHANGED */
async function checked(bytes: Uint8Array, reference: ImageReference, sha256: Uint8Array): Promise<Uint8Array> {
  const found = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  if (Buffer.compare(found, sha256) === 0) return bytes;
  const message = `${describe(reference)}: what lies there has another SHA-256 than the message says: the file was changed after it was published. Put the old one back, or publish the new one.`;
  throw new ImageReferenceError('REFERENCE_CHANGED', message);
}

/** Whether another file has come to lie there since the handle was opened. */
async function isReplaced(handle: FileHandle, file: string): Promise<boolean> {
  try {
    const [opened, there] = await Promise.all([handle.stat({ bigint: true }), stat(file, { bigint: true })]);
    return opened.dev !== there.dev || opened.ino !== there.ino;
  } catch {
    return false; // nothing lies there
  }
}

/** For messages: where the bytes lie. */
function describe({ shard, offset, length }: ImageReference): string {
  return `${JSON.stringify(shard)}, bytes ${offset} to ${offset + length}`;
}

async function realRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (cause) {
    const message = `${root}: a folder that references may be read from cannot be opened: ${messageOf(cause)}.`;
    throw new ImageReferenceError('REFERENCE_UNREADABLE', message, { cause });
  }
}

function checkRange(reference: ImageReference): void {
  const { offset, length } = reference;
  const isPossible = Number.isSafeInteger(offset) && Number.isSafeInteger(offset + length) && offset >= 0 && length > 0;
  if (isPossible && length <= MAXIMUM_BYTES) return;
  const message = `${describe(reference)}: no image can lie there; a reference has 1 to ${MAXIMUM_BYTES} bytes.`;
  throw new ImageReferenceError('REFERENCE_INVALID', message);
}

function absolute(shard: string): string {
  if (path.isAbsolute(shard)) return shard;
  const message = `${JSON.stringify(shard)} is neither the absolute path of a file nor s3://bucket/key.`;
  throw new ImageReferenceError('REFERENCE_INVALID', message);
}

/** Looks where the path leads, opens that, and looks where what was opened lies: links may have been changed between. */
async function openBelow(file: string, roots: readonly string[]): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    const real = await realpath(file);
    checkBelow(real, file, roots);
    // A pipe that nobody writes to would keep us waiting; a link in the last place is one that was not there before.
    handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    checkBelow(await readlink(`/proc/self/fd/${handle.fd}`), file, roots);
    if (!(await handle.stat()).isFile()) throw new Error('it is no regular file');
    return handle;
  } catch (cause) {
    await handle?.close();
    if (cause instanceof ImageReferenceError) throw cause;
    throw new ImageReferenceError('REFERENCE_UNREADABLE', `${file} cannot be opened: ${messageOf(cause)}.`, { cause });
  }
}

function checkBelow(real: string, file: string, roots: readonly string[]): void {
  if (roots.some((root) => real.startsWith(root.endsWith('/') ? root : `${root}/`))) return;
  const where = real === file ? file : `${file}, which leads to ${real},`;
  const allowed = roots.length === 0 ? 'none is' : `these are: ${roots.join(', ')}`;
  const message = `${where} lies below no folder that references may be read from (${allowed}).`;
  throw new ImageReferenceError('REFERENCE_NOT_ALLOWED', message);
}

async function readFile(handle: FileHandle, reference: ImageReference): Promise<Uint8Array> {
  const { offset, length } = reference;
  try {
    const { size } = await handle.stat();
    if (size < offset + length) throw new Error(`the file has ${size} bytes`);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw new Error(`the file ends at ${offset + done}`);
      done += bytesRead;
    }
    return bytes;
  } catch (cause) {
    throw unreadable(reference, cause);
  }
}

async function readObject(reference: ImageReference, s3: ReferenceOptions['s3']): Promise<Uint8Array> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(reference.shard) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new ImageReferenceError('REFERENCE_INVALID', `${JSON.stringify(reference.shard)} is no s3://bucket/key.`);
  }
  if (!s3?.buckets.includes(bucket)) {
    const allowed = s3 && s3.buckets.length > 0 ? `these are: ${s3.buckets.join(', ')}` : 'none is';
    const message = `${reference.shard} lies in no bucket that references may be read from (${allowed}).`;
    throw new ImageReferenceError('REFERENCE_NOT_ALLOWED', message);
  }
  try {
    const bytes = await s3.read(bucket, key, reference.offset, reference.length);
    if (bytes.byteLength !== reference.length) throw new Error(`${bytes.byteLength} bytes came`);
    return bytes;
  } catch (cause) {
    throw unreadable(reference, cause);
  }
}

function unreadable(reference: ImageReference, cause: unknown): ImageReferenceError {
  const message = `${describe(reference)}: cannot be read: ${messageOf(cause)}.`;
  return new ImageReferenceError('REFERENCE_UNREADABLE', message, { cause });
}
