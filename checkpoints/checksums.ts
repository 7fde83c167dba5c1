/** SHA256SUMS: the checksums of a folder's files, in the format of `sha256sum -c`. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../errors.ts';
import { CheckpointError } from './errors.ts';

export const CHECKSUMS_FILE = 'SHA256SUMS';

/** @param sums - checksum of each file name. */
export function formatChecksums(sums: ReadonlyMap<string, string>): string {
  return [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join('');
}

/**
 * Compares every file that a folder's SHA256SUMS lists.
 * @param required - names that must be listed.
 * @returns the checksums that are listed, by name.
 * @throws CheckpointError CHECKPOINT_DAMAGED that names the file.
 */
export async function verifyChecksums(folder: string, required: readonly string[]): Promise<Map<string, string>> {
  const sums = await readChecksums(folder);
  requireListed(folder, sums, required);
  for (const name of sums.keys()) await verifyFile(folder, name, sums);
  return sums;
}

/** @throws CheckpointError CHECKPOINT_DAMAGED where one of the names is not listed. */
export function requireListed(folder: string, sums: ReadonlyMap<string, string>, required: readonly string[]): void {
  const unlisted = required.find((name) => !sums.has(name));
  if (unlisted !== undefined) throw damaged(path.join(folder, CHECKSUMS_FILE), `does not list ${unlisted}`);
}

/**
 * Compares one file with its checksum.
 * @throws CheckpointError CHECKPOINT_DAMAGED that names it.
 */
export async function verifyFile(folder: string, name: string, sums: ReadonlyMap<string, string>): Promise<void> {
  requireListed(folder, sums, [name]);
  const file = path.join(folder, name);
  let actual: string;
  try {
    actual = await sha256Of(file);
  } catch (cause) {
    throw damaged(file, `cannot be read (${messageOf(cause)})`, cause);
  }
  if (actual !== sums.get(name)) throw damaged(file, `differs from its checksum in ${CHECKSUMS_FILE}`);
}

/** @throws CheckpointError CHECKPOINT_DAMAGED */
export async function readChecksums(folder: string): Promise<Map<string, string>> {
  const file = path.join(folder, CHECKSUMS_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw damaged(file, `cannot be read (${messageOf(cause)})`, cause);
  }
  return parseChecksums(text, file);
}

/** @param file names it in errors @throws CheckpointError CHECKPOINT_DAMAGED */
export function parseChecksums(text: string, file: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const match = /^([0-9a-f]{64}) {2}([^/]+)$/.exec(line);
    if (!match) throw damaged(file, `has the line ${JSON.stringify(line)}`);
    sums.set(match[2]!, match[1]!);
  }
  return sums;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}

function damaged(file: string, problem: string, cause?: unknown): CheckpointError {
  return new CheckpointError('CHECKPOINT_DAMAGED', `${file}: ${problem}`, { cause });
}
