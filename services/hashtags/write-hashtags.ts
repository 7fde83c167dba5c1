/** The folder of a map of hashtags: page, numbers and embeddings, each whole or not at all. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { checkWritable, writeError, writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { writeSafetensors } from '../../checkpoints/safetensors.ts';
import type { AveragedTags } from '../../evals/hashtags/average-tags.ts';
import { hashtagsPage } from './page/hashtags-page.ts';
import type { HashtagSummary } from './summary.ts';

export const PAGE_FILE = 'index.html';
export const SUMMARY_FILE = 'hashtags.json';
/** As `auspex embed` writes features, with hashtags for names. */
export const EMBEDDINGS_FILE = 'hashtags.safetensors';

/** Before any work. @throws CheckpointError CANNOT_WRITE */
export async function makeHashtagsFolder(out: string): Promise<void> {
  await mkdir(out, { recursive: true }).catch((cause: unknown) => {
    throw writeError(out, cause);
  });
  await checkWritable(path.join(out, SUMMARY_FILE));
}

export async function writeHashtags(
  out: string,
  summary: HashtagSummary,
  { tags, means }: Pick<AveragedTags, 'tags' | 'means'>,
): Promise<void> {
  const { values, count, dimension } = means;
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const tensors = new Map([['features', { dtype: 'F32' as const, shape: [count, dimension], data }]]);
  await writeSafetensors(path.join(out, EMBEDDINGS_FILE), tensors, {
    layer: 'hashtags',
    names: JSON.stringify(tags.map(({ tag }) => tag)),
  });
  const text = `${JSON.stringify(summary)}\n`;
  await writeFileAtomically(path.join(out, SUMMARY_FILE), (handle) => handle.writeFile(text));
  const page = hashtagsPage(summary);
  await writeFileAtomically(path.join(out, PAGE_FILE), (handle) => handle.writeFile(page));
}
