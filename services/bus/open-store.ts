/**
 * Opens an LMDB store in a folder. LMDB trusts what it finds: a file that is none ends the process, so it is looked at first.
 */
import { closeSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { open, type RootDatabase, type RootDatabaseOptions } from 'lmdb';

const FILE = 'data.mdb';
/** Of both first pages of a store, each after a header. */
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;

/** @throws Error that says why it cannot be opened */
export function openStore(folder: string, options: RootDatabaseOptions): RootDatabase {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, FILE);
  if (!isStoreOrNew(file)) throw new Error(`${file} is damaged, or no store`);
  return open({ path: folder, noSubdir: false, ...options });
}

function isStoreOrNew(file: string): boolean {
  const status = statSync(file, { throwIfNoEntry: false });
  // LMDB makes the file before it writes into it.
  if (!status || status.size === 0) return true;
  if (!status.isFile() || status.size < MAGIC_AT + 4) return false;
  return readStart(file).readUInt32LE(MAGIC_AT) === MAGIC;
}

function readStart(file: string): Buffer {
  const handle = openSync(file, 'r');
  try {
    const start = Buffer.alloc(MAGIC_AT + 4);
    readSync(handle, start, 0, start.byteLength, 0);
    return start;
  } finally {
    closeSync(handle);
  }
}
