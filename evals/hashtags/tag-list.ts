/**
 * Which hashtags an image has, and in which country it was posted: JSON lines, such as
 *
 *     {"image": "a/1.jpg", "hashtags": ["#shaadi", "wedding"], "country": "IN"}
 *
 * Read line by line, as often as needed: nothing of the list stays in memory.
 */
import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { countryOfText } from '../../data/monitor/countries.ts';
import { messageOf } from '../../errors.ts';
import { EvaluationError } from '../errors.ts';

export interface TaggedImage {
  /** Counted from 1. */
  readonly line: number;
  readonly image: string;
  /** As in `hashtagOf`, each once. */
  readonly hashtags: readonly string[];
  /** ISO 3166-1 alpha-2. */
  readonly country: string | undefined;
}

const lineSchema = z.strictObject({
  image: z.string().min(1),
  hashtags: z.array(z.string()),
  country: z.string().nullish(),
});

/** One form for all writings of a hashtag: without #, composed (NFC), in lower case. Undefined where nothing is left. */
export function hashtagOf(text: string): string | undefined {
  const tag = text.trim().replace(/^#+/, '').normalize('NFC').toLowerCase();
  return tag === '' ? undefined : tag;
}

/** @throws EvaluationError HASHTAGS_WRONG that names the line; the signal's reason */
export async function* readTagList(file: string, signal?: AbortSignal): AsyncGenerator<TaggedImage> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    const message = `${file} is no file; give one of JSON lines, each with image and hashtags.`;
    throw new EvaluationError('HASHTAGS_WRONG', message);
  }
  const countries = new Map<string, string | undefined>();
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (line % 4096 === 0) signal?.throwIfAborted();
    if (text.trim() === '') continue;
    const wrong = (what: string) =>
      new EvaluationError('HASHTAGS_WRONG', `${file}, line ${line}: ${what}. Correct the line, or leave it out.`);
    const { image, hashtags, country } = parse(text, wrong);
    const tags = new Set<string>();
    for (const given of hashtags) {
      const tag = hashtagOf(given);
      if (tag === undefined) throw wrong(`"${given}" is no hashtag`);
      tags.add(tag);
    }
    if (country && !countries.has(country)) countries.set(country, countryOfText(country));
    const code = country ? countries.get(country) : undefined;
    if (country && code === undefined)
      throw wrong(`"${country}" is no country that is known, by code or by English name`);
    yield { line, image, hashtags: [...tags], country: code };
  }
}

function parse(text: string, wrong: (what: string) => EvaluationError): z.output<typeof lineSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw wrong(`it is no JSON (${messageOf(cause)})`);
  }
  const parsed = lineSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw wrong(z.prettifyError(parsed.error).replaceAll('\n', ' '));
}
