/** Queries that are among what is searched: each would find itself, and count as right. */
import { createHash } from 'node:crypto';
import type { ImageSource } from '../../data/source.ts';
import type { Split } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';

/** Images that are read at once. */
const AT_ONCE = 32;
/** That a message names. */
const NAMED = 3;

/** @throws EvaluationError QUERY_IN_DATABASE where both have images of one person */
export function requireOtherPeople(queries: Split, database: Split): void {
  const known = new Set(database.attributes?.units);
  const both = [...new Set(queries.attributes?.units)].filter((unit) => known.has(unit));
  if (both.length === 0) return;
  throw leak(`${both.length} of whom the queries show are in the database too (${named(both)})`);
}

/**
 * No query is byte for byte an image of the database. Images that cannot be read are left to those who need them.
 * @throws EvaluationError QUERY_IN_DATABASE; the signal's reason
 */
export async function requireOtherImages(
  queries: ImageSource,
  database: ImageSource,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<void> {
  const total = queries.length + database.length;
  const known = new Map<string, string>();
  for await (const { name, digest, done } of digests(database, signal)) {
    if (digest !== undefined) known.set(digest, name);
    onProgress(done, total);
  }
  const same: string[] = [];
  for await (const { name, digest, done } of digests(queries, signal)) {
    const other = digest === undefined ? undefined : known.get(digest);
    if (other !== undefined) same.push(`${name} is ${other}`);
    onProgress(database.length + done, total);
  }
  if (same.length > 0) throw leak(`${same.length} queries are images of the database (${named(same)})`);
}

async function* digests(images: ImageSource, signal: AbortSignal) {
  for (let first = 0; first < images.length; first += AT_ONCE) {
    signal.throwIfAborted();
    const some = Array.from({ length: Math.min(AT_ONCE, images.length - first) }, (_, i) => first + i);
    const found = await Promise.all(some.map((image) => digestOf(images, image)));
    for (const [i, image] of some.entries()) yield { name: images.name(image), digest: found[i], done: image + 1 };
  }
}

async function digestOf(images: ImageSource, image: number): Promise<string | undefined> {
  const bytes = images.pixels ? images.pixels(image).data : await images.read(image).catch(() => undefined);
  return bytes && createHash('sha256').update(bytes).digest('hex');
}

function leak(what: string): EvaluationError {
  return new EvaluationError(
    'QUERY_IN_DATABASE',
    `${what}: they would find themselves, and be right. Take them out of one of the two.`,
  );
}

function named(list: readonly string[]): string {
  return list.slice(0, NAMED).join(', ') + (list.length > NAMED ? ', ...' : '');
}
