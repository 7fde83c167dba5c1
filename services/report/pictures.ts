/** Small pictures of the examples, to stand inside the page. */
import { existsSync } from 'node:fs';
import { messageOf } from '../../errors.ts';
import type { Report } from '../../evals/report/report.ts';
import { makeThumbnail } from '../../training/run-page/thumbnail.ts';

/** A picture, or why there is none. */
export type Picture =
  | { readonly kind: 'picture'; readonly dataUri: string }
  | { readonly kind: 'missing'; readonly reason: string };

/** Of every image that the report's examples name, by its path. */
export async function makePictures({ examples }: Report): Promise<Map<string, Picture>> {
  const shown = examples.flatMap((section) => section.examples);
  const found = shown.flatMap(({ answers }) => answers.flatMap((answer) => answer.found ?? []));
  const files = new Set([...shown, ...found].map(({ image }) => image));
  return new Map(await Promise.all([...files].map(async (file) => [file, await makePicture(file)] as const)));
}

async function makePicture(file: string): Promise<Picture> {
  if (!existsSync(file)) return { kind: 'missing', reason: 'the file is not there' };
  try {
    return { kind: 'picture', dataUri: await makeThumbnail(file) };
  } catch (error) {
    return { kind: 'missing', reason: `it cannot be decoded: ${messageOf(error)}` };
  }
}
