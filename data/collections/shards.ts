/** Tar shards as a collection: one file, or a folder that holds nothing else. */
import { createReadStream, type Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import { CompactStrings } from '../compact-strings.ts';
import { compareCodePoints } from '../image-folder.ts';
import { type CollectedItem, type Collection, NOTHING_PASSED_OVER, rejected } from './collection.ts';
import { shardItems } from './shard-items.ts';

const PIECE_BYTES = 2 ** 20;

/** A single shard. */
export function openShard(file: string): Collection {
  return shardsBelow(path.dirname(path.resolve(file)), [path.basename(file)]);
}

/** The shards of a folder and of all below it, or undefined where the folder holds anything else, or nothing. */
export async function openShardFolder(folder: string): Promise<Collection | undefined> {
  const root = path.resolve(folder);
  const names: string[] = [];
  // The first file that is none ends it: a folder of a million images is not listed twice.
  for await (const entry of await opendir(root, { recursive: true })) {
    if (await isFolder(entry)) continue;
    if (!isShardName(entry.name)) return undefined;
    names.push(path.relative(root, path.join(entry.parentPath, entry.name)));
  }
  return names.length === 0 ? undefined : shardsBelow(root, names.sort(compareCodePoints));
}

export function isShardName(name: string): boolean {
  return name.toLowerCase().endsWith('.tar');
}

function shardsBelow(root: string, list: readonly string[]): Collection {
  const names = new CompactStrings();
  for (const name of list) names.push(name);
  return {
    name: names.length === 1 ? path.join(root, names.at(0)) : root,
    length: names.length,
    numImages: null,
    unit: () => 'shard',
    passedOver: NOTHING_PASSED_OVER,
    items: (index) => itemsOfFile(names.at(index), path.join(root, names.at(index))),
  };
}

async function* itemsOfFile(name: string, file: string): AsyncGenerator<CollectedItem> {
  try {
    yield* shardItems({ name, place: file, stream: () => createReadStream(file, { highWaterMark: PIECE_BYTES }) });
  } catch (error) {
    yield rejected(name, 'UNREADABLE', messageOf(error));
  }
}

/** Links count as what they lead to; one that leads nowhere is found when it is read. */
async function isFolder(entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const status = await stat(path.join(entry.parentPath, entry.name)).catch(() => undefined);
  return status?.isDirectory() ?? false;
}
