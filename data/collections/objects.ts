/** The objects below a prefix of a bucket as a collection: images, tar shards, or both. */
import path from 'node:path';
import { CompactStrings } from '../compact-strings.ts';
import { DataError } from '../errors.ts';
import { imageEndings } from '../image-folder.ts';
import { sniffFormat, sniffLength } from '../sniff.ts';
import {
  type CollectedItem,
  type Collection,
  classOf,
  MAXIMUM_IMAGE_BYTES,
  NOTHING_PASSED_OVER,
  rejected,
  tooLarge,
} from './collection.ts';
import type { ObjectStore } from './object-store.ts';
import { shardItems } from './shard-items.ts';
import { isShardName } from './shards.ts';

/** @throws DataError NO_IMAGES where nothing lies there; what the store throws */
export async function openObjects(store: ObjectStore, bucket: string, prefix: string): Promise<Collection> {
  const folder = prefix.replace(/\/+$/, '');
  const keys = new CompactStrings();
  let numShards = 0;
  for await (const { key, bytes } of store.list(bucket, folder)) {
    const isBelow = folder === '' || key === folder || key.startsWith(`${folder}/`);
    // Some tools mark folders by an empty object.
    if (isBelow && !(key.endsWith('/') && bytes === 0)) {
      keys.push(key);
      if (isShardName(key)) numShards++;
    }
  }
  const address = `s3://${bucket}${folder === '' ? '' : `/${folder}`}`;
  if (keys.length === 0) {
    throw new DataError('NO_IMAGES', `There are no objects in ${address}. Check the bucket and the prefix.`);
  }
  return {
    name: address,
    length: keys.length,
    numImages: numShards > 0 ? null : keys.length,
    unit: (index) => (isShardName(keys.at(index)) ? 'shard' : 'image'),
    passedOver: NOTHING_PASSED_OVER,
    async *items(index) {
      const key = keys.at(index);
      const name = key === folder ? path.posix.basename(key) : key.slice(folder === '' ? 0 : folder.length + 1);
      if (isShardName(key)) {
        yield* shardItems({ name, place: `s3://${bucket}/${key}`, stream: () => store.stream(bucket, key) });
      } else {
        yield await readObject(store, bucket, key, name);
      }
    },
  };
}

async function readObject(store: ObjectStore, bucket: string, key: string, name: string): Promise<CollectedItem> {
  if (!imageEndings.has(path.posix.extname(key).toLowerCase())) {
    const head = await store.readRange(bucket, key, 0, sniffLength);
    if (sniffFormat(head) === undefined) {
      return rejected(name, 'NOT_AN_IMAGE', 'neither its name nor its content is that of an image');
    }
  }
  const bytes = await store.read(bucket, key);
  if (bytes === undefined) return rejected(name, 'UNREADABLE', 'the object is gone');
  if (bytes.byteLength > MAXIMUM_IMAGE_BYTES) return rejected(name, 'TOO_LARGE', tooLarge(bytes.byteLength));
  const place = { shard: `s3://${bucket}/${key}`, offset: 0, length: bytes.byteLength };
  return { kind: 'image', name, bytes, place, labels: classOf(name) };
}
