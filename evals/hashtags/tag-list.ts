/**
 * Which hashtags an image has, and in which country it was posted: JSON lines, such as
 *
 *     {"image": "a/1.jpg", "hashtags": ["#shaadi", "wedding"], "country": "IN"}
 *
 * Read line by line, as often as needed: nothing of the list stays in memory.
 */
import { createReadStream, statSync } from 'node:fs';
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
  if (PLAIN.test(text)) return text;
  const tag = text.trim().replace(/^#+/, '').normalize('NFC').toLowerCase();
  return tag === '' ? undefined : tag;
}

/** Most hashtags are so already. */
const PLAIN = /^[a-z0-9_]+$/;
/** Bytes that are read at once. */
const CHUNK_BYTES = 2 ** 20;

/**
 * Some lines at a time, for waiting costs more than reading a line.
 * @throws EvaluationError HASHTAGS_WRONG that names the line; the signal's reason
 */
export async function* readTagList(file: string, signal?: AbortSignal): AsyncGenerator<readonly TaggedImage[]> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    const message = `${file} is no file; give one of JSON lines, each with image and hashtags.`;
    throw new EvaluationError('HASHTAGS_WRONG', message);
  }
  const parse = parserOf(file);
  let line = 0;
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK_BYTES })) {
    signal?.throwIfAborted();
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    yield lines.flatMap((text) => parse(text, ++line) ?? []);
  }
  const last = parse(rest, ++line);
  if (last) yield [last];
}

/** Gives what a line says; undefined for an empty one. */
function parserOf(file: string): (text: string, line: number) => TaggedImage | undefined {
  const countries = new Map<string, string | undefined>();
  return (text, line) => {
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
    if (country && !countries.has(country)) countries.set(country, countryOfText(country));
    const code = country ? countries.get(country) : undefined;
    if (country && code === undefined) {
      throw wrong(`"${country}" is no country that is known, by code or by English name`);
    }
    return { line, image, hashtags: [...tags], country: code };
  };
}

function fieldsOf(text: string, wrong: (what: string) => EvaluationError): z.output<typeof lineSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw wrong(`it is no JSON (${messageOf(cause)})`);
  }
  if (isLine(json)) return json;
  const parsed = lineSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw wrong(z.prettifyError(parsed.error).replaceAll('\n', ' '));
}

/** What almost every line is, told in a fraction of the time that the schema takes. */
function isLine(json: unknown): json is z.output<typeof lineSchema> {
  if (typeof json !== 'object' || json === null || !('image' in json) || !('hashtags' in json)) return false;
  const { image, hashtags } = json;
  const country = 'country' in json ? json.country : undefined;
  const numKeys = 'country' in json ? 3 : 2;
  return (
    typeof image === 'string' &&
    image !== '' &&
    Array.isArray(hashtags) &&
    hashtags.every((tag) => typeof tag === 'string') &&
    (country === undefined || typeof country === 'string') &&
    Object.keys(json).length === numKeys
  );
}
