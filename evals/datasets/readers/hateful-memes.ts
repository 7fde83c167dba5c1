/** The Hateful Memes Challenge: a line of JSON for each picture, with the text that is written on it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Reader } from '../contents.ts';
import { broken, find, otherVersion, readLines } from '../download-files.ts';
import { FileList } from '../file-split.ts';

const CLASSES = ['not hateful', 'hateful'];

const memeSchema = z.object({
  img: z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))./, 'must be a path below the download'),
  text: z.string(),
  /** Missing in the lists of test images of the challenge. */
  label: z.union([z.literal(0), z.literal(1)]).optional(),
});

/** Both editions have the same 8,500 and 500 pictures in these lists; the later one calls them `dev_seen`. */
export const readHatefulMemes: Reader = async ({ download }) => {
  const root = existsSync(path.join(download, 'train.jsonl')) ? download : find(download, 'data', 'hateful_memes', '.');
  find(root, 'img');
  const dev = path.basename(find(root, 'dev.jsonl', 'dev_seen.jsonl'));
  find(root, 'train.jsonl');
  const read = (list: string) => async () => {
    const files = new FileList();
    const texts: string[] = [];
    for (const [line, text] of (await readLines(root, list)).entries()) {
      const meme = parse(text, path.join(root, list), line + 1);
      if (meme.label === undefined) {
        throw otherVersion(path.join(root, list), `line ${line + 1} has no label, so nothing can be scored by it`);
      }
      files.add(meme.img, meme.label);
      texts.push(meme.text);
    }
    return { ...files.split(root), texts };
  };
  return { classes: CLASSES, splits: { train: read('train.jsonl'), val: read(dev) } };
};

function parse(text: string, file: string, line: number): z.output<typeof memeSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw broken(file, `line ${line} is no JSON`, error);
  }
  const parsed = memeSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw broken(file, `line ${line}: ${issue!.path.join('.')} ${issue!.message}`);
}
