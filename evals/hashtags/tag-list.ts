/**
 * Which hashtags an image has, and in which country it was posted: JSON lines, as `taggedImageOf` has them. A list is read as often as needed:
 * nothing of it stays in memory.
 */
import { createReadStream, statSync } from 'node:fs';
import { EvaluationError } from '../errors.ts';
import type { TagEntries } from './tag-entries.ts';
import { TagEntriesReader } from './tag-entries-reader.ts';
import { taggedImageOf } from './tag-line.ts';

/** Bytes that are read at once. */
const CHUNK_BYTES = 2 ** 20;

export class TagList {
  readonly file: string;
  /** ISO 3166-1 alpha-2, of the countries that have come up so far, by their numbers in `TagEntries`. */
  codes: readonly string[] = [];

  constructor(file: string) {
    this.file = file;
  }

  /**
   * Some entries at a time, good until the next are asked for.
   * @throws EvaluationError HASHTAGS_WRONG that names the line; the signal's reason
   */
  async *entries(signal?: AbortSignal): AsyncGenerator<TagEntries> {
    const { file } = this;
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
      const message = `${file} is no file; give one of JSON lines, each with image and hashtags.`;
      throw new EvaluationError('HASHTAGS_WRONG', message);
    }
    const reader = new TagEntriesReader((text, line) => taggedImageOf(text, file, line));
    this.codes = reader.codes;
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
      signal?.throwIfAborted();
      reader.read(chunk);
      yield reader;
    }
    reader.end();
    yield reader;
  }
}
