/** A folder of images, and of all folders below it, as a collection. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { messageOf } from '../../errors.ts';
import { openImageFolder } from '../image-folder.ts';
import { type CollectedItem, type Collection, classOf, MAXIMUM_IMAGE_BYTES, rejected, tooLarge } from './collection.ts';

/** Milliseconds in which a file comes that is in memory already. */
const AT_ONCE = 2;
/** So many files after one that did not come at once are waited for in the background. */
const SLOW_FILES = 64;

/** @throws DataError NO_SUCH_FOLDER, NO_IMAGES */
export async function openFolderCollection(root: string): Promise<Collection> {
  const folder = await openImageFolder(root);
  const { count, first } = folder.passedOver;
  const read = createReader();
  return {
    name: folder.root,
    length: folder.length,
    numImages: folder.length,
    unit: () => 'image',
    passedOver: { count, first: first.map(({ name, code, message }) => rejected(name, code, message)) },
    async *items(index) {
      yield await readImage(folder.name(index), folder.path(index), read);
    },
  };
}

async function readImage(
  name: string,
  file: string,
  read: (file: string) => Promise<Uint8Array | { readonly tooLarge: number }>,
): Promise<CollectedItem> {
  try {
    const bytes = await read(file);
    if ('tooLarge' in bytes) return rejected(name, 'TOO_LARGE', tooLarge(bytes.tooLarge));
    const place = { shard: file, offset: 0, length: bytes.byteLength };
    return { kind: 'image', name, bytes, place, labels: classOf(name) };
  } catch (error) {
    return rejected(name, 'UNREADABLE', messageOf(error));
  }
}

/**
 * Files that are in memory are read right here, which takes less time than to ask another thread for them. As soon as one
 * has to be waited for, the next ones are read in the background, several at once.
 */
function createReader(): (file: string) => Promise<Uint8Array | { readonly tooLarge: number }> {
  let slow = 0;
  return async (file) => {
    if (slow > 0) {
      slow--;
      return readInBackground(file);
    }
    const begin = performance.now();
    const bytes = readHere(file);
    if (performance.now() - begin > AT_ONCE) slow = SLOW_FILES;
    return bytes;
  };
}

function readHere(file: string): Uint8Array | { readonly tooLarge: number } {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    if (size > MAXIMUM_IMAGE_BYTES) return { tooLarge: size };
    const bytes = Buffer.allocUnsafeSlow(size);
    let done = 0;
    while (done < size) {
      const count = readSync(handle, bytes, done, size - done, done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(handle);
  }
}

async function readInBackground(file: string): Promise<Uint8Array | { readonly tooLarge: number }> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    return size > MAXIMUM_IMAGE_BYTES ? { tooLarge: size } : await handle.readFile();
  } finally {
    await handle.close();
  }
}
