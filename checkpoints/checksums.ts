/** SHA256SUMS: the checksums of a folder's files, in the format of `sha256sum -c`. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../errors.ts';
import { CheckpointError } from './errors.ts';

export const CHECKSUMS_FILE = 'SHA256SUMS';

/** @param sums - checksum of each file name. */
export function formatChecksums(sums: ReadonlyMap<string, string>): string {
  return [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join('');
}

/** @throws CheckpointError CHECKPOINT_DAMAGED where one of the names is not listed. */
export function requireListed(folder: string, sums: ReadonlyMap<string, string>, required: readonly string[]): void {
  const unlisted = required.find((name) => !sums.has(name));
  if (unlisted !== undefined) throw damaged(path.join(folder, CHECKSUMS_FILE), `does not list ${unlisted}`);
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

function damaged(file: string, problem: string, cause?: unknown): CheckpointError {
  return new CheckpointError('CHECKPOINT_DAMAGED', `${file}: ${problem}`, { cause });
}
