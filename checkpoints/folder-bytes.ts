import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** What a checkpoint's files take, all together; a folder that was removed meanwhile takes nothing. */
export async function folderBytes(folder: string): Promise<number> {
  try {
    const sizes = (await readdir(folder)).map(async (name) => (await stat(path.join(folder, name))).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
