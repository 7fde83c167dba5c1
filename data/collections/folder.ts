/** A folder of images, and of all folders below it, as a collection. */
import { open } from 'node:fs/promises';
import { messageOf } from '../../errors.ts';
import { openImageFolder } from '../image-folder.ts';
import { type CollectedItem, type Collection, classOf, MAXIMUM_IMAGE_BYTES, rejected, tooLarge } from './collection.ts';

/** @throws DataError NO_SUCH_FOLDER, NO_IMAGES */
export async function openFolderCollection(root: string): Promise<Collection> {
  const folder = await openImageFolder(root);
  const { count, first } = folder.passedOver;
  return {
    name: folder.root,
    length: folder.length,
    numImages: folder.length,
    unit: () => 'image',
    passedOver: { count, first: first.map(({ name, code, message }) => rejected(name, code, message)) },
    async *items(index) {
      yield await readImage(folder.name(index), folder.path(index));
    },
  };
}

async function readImage(name: string, file: string): Promise<CollectedItem> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      if (size > MAXIMUM_IMAGE_BYTES) return rejected(name, 'TOO_LARGE', tooLarge(size));
      const bytes = await handle.readFile();
      const place = { shard: file, offset: 0, length: bytes.byteLength };
      return { kind: 'image', name, bytes, place, labels: classOf(name) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return rejected(name, 'UNREADABLE', messageOf(error));
  }
}
