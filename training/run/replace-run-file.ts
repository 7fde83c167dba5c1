import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { runFileError } from './run-errors.ts';

/**
 * Replaces a file of the run folder so that at any moment, also after a power cut, the old or the whole new content is there.
 * @throws RunError DISK_FULL, RUN_FOLDER_NOT_WRITABLE, RUN_FOLDER_FAILED; the old file is then untouched
 */
export async function replaceRunFile(file: string, content: string | AsyncIterable<string>): Promise<void> {
  try {
    await writeFileAtomically(file, async (handle) => {
      for await (const piece of typeof content === 'string' ? [content] : content) await handle.writeFile(piece);
    });
  } catch (error) {
    throw runFileError(error, file);
  }
}
