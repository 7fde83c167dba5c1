import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeError, writeFileAtomically } from '../../checkpoints/atomic-file.ts';

/** Writes files into a folder, each whole or not at all. @throws CheckpointError CHECKPOINT_WRITE_FAILED */
export async function writeFiles(folder: string, contents: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw writeError(folder, cause);
  });
  for (const [name, text] of contents) {
    await writeFileAtomically(path.join(folder, name), (handle) => handle.writeFile(text));
  }
}
