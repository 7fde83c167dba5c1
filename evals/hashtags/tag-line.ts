/**
 * What a line of a list of hashtags says, such as
 *
 *     {"image": "a/1.jpg", "hashtags": ["#shaadi", "wedding"], "country": "IN"}
 */
import * as z from 'zod';
import { countryOfText } from '../../data/monitor/countries.ts';
import { messageOf } from '../../errors.ts';
import { EvaluationError } from '../errors.ts';

export interface TaggedImage {
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

/**
 * @param line counted from 1
 * @returns undefined for an empty one
 * @throws EvaluationError HASHTAGS_WRONG that names it
 */
export function taggedImageOf(text: string, file: string, line: number): TaggedImage | undefined {
  if (text.trim() === '') return undefined;
  const wrong = (what: string) =>
    new EvaluationError('HASHTAGS_WRONG', `${file}, line ${line}: ${what}. Correct the line, or leave it out.`);
  const { image, hashtags, country } = fieldsOf(text, wrong);
  const tags = new Set<string>();
  for (const given of hashtags) {
    const tag = hashtagOf(given);
    if (tag === undefined) throw wrong(`"${given}" is no hashtag`);
    tags.add(tag);
  }
  const code = country ? countryOfText(country) : undefined;
  if (country && code === undefined) {
    throw wrong(`"${country}" is no country that is known, by code or by English name`);
  }
  return { image, hashtags: [...tags], country: code };
}

function fieldsOf(text: string, wrong: (what: string) => EvaluationError): z.output<typeof lineSchema> {
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
