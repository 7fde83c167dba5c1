/** A collection by what a user names: a folder, a tar shard or a folder of them, or s3://bucket/prefix. */
import { stat } from 'node:fs/promises';
import { messageOf } from '../../errors.ts';
import { DataError } from '../errors.ts';
import type { Collection } from './collection.ts';
import { openFolderCollection } from './folder.ts';
import type { ObjectStore } from './object-store.ts';
import { openObjects } from './objects.ts';
import { isShardName, openShard, openShardFolder } from './shards.ts';

/**
 * @param openStore called where the source lies in S3
 * @throws DataError BAD_SOURCE, NO_IMAGES; what the store throws
 */
export async function openCollection(source: string, openStore: () => Promise<ObjectStore>): Promise<Collection> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) {
    const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(source) ?? [];
    if (bucket === undefined) throw new DataError('BAD_SOURCE', `${source} is not s3://bucket/prefix.`);
    return openObjects(await openStore(), bucket, prefix);
  }
  const status = await stat(source).catch((cause: unknown) => {
    throw new DataError('BAD_SOURCE', `The images in ${source} cannot be opened: ${messageOf(cause)}.`, { cause });
  });
  if (status.isDirectory()) return (await openShardFolder(source)) ?? openFolderCollection(source);
  if (status.isFile() && isShardName(source)) return openShard(source);
  const message = `${source} is neither a folder nor a tar shard (a file whose name ends in .tar, not compressed).`;
  throw new DataError('BAD_SOURCE', message);
}
