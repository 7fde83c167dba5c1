/** Looks for damage in every file of a checkpoint, and says which tensors it is in. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { messageOf } from '../errors.ts';
import { CHECKSUMS_FILE, readChecksums } from './checksums.ts';
import type { CheckpointEntry } from './open-checkpoint.ts';
import { bytesOfFolder, counted, type OnProgress } from './progress.ts';
import { OpenFiles, readSegments } from './read-segments.ts';
import { openSafetensors } from './safetensors.ts';
import { readHeader, type TensorEntry } from './safetensors-header.ts';
import { formatIndex, INDEX_FILE } from './slices.ts';
import { type Layout, readState, TENSOR_SUFFIX } from './state-file.ts';
import { bytesOf, mapFile, mapTensors } from './tensor-map.ts';
import { readTensorSums, type TensorSums } from './tensor-sums.ts';
import { verifyFile } from './verify-files.ts';

export interface Damage {
  /** Name within the checkpoint's folder. */
  readonly file: string;
  /** Null where it is in no tensor, or in one that cannot be told. */
  readonly tensor: string | null;
  readonly problem: string;
}

export function describeDamage({ file, tensor, problem }: Damage): string {
  return `${file}${tensor === null ? '' : `, ${tensor}`}: ${problem}`;
}

export interface Verification extends CheckpointEntry {
  readonly files: number;
  readonly bytes: number;
  /** Empty if everything is as it was written. */
  readonly damage: readonly Damage[];
}

/** Reads every byte. @throws CheckpointError CHECKPOINT_NOT_FOUND where there is no such folder. */
export async function verifyCheckpoint(entry: CheckpointEntry, onProgress?: OnProgress): Promise<Verification> {
  const bytes = await bytesOfFolder(entry.path);
  const found = await findDamage(entry.path, bytes, onProgress);
  return { ...entry, files: (await readdir(entry.path)).length, bytes, damage: found };
}

async function findDamage(folder: string, bytes: number, onProgress?: OnProgress): Promise<Damage[]> {
  const sums = await attempt(() => readChecksums(folder));
  if (!sums.ok) return [{ file: CHECKSUMS_FILE, tensor: null, problem: without(folder, CHECKSUMS_FILE, sums.error) }];
  const tensorSums = await readTensorSums(folder);
  const onBytes = counted('verify', bytes, onProgress);
  const damage: Damage[] = [];
  for (const name of sums.value.keys()) {
    const verified = await attempt(() => verifyFile(folder, name, sums.value, { onBytes }));
    if (!verified.ok) damage.push(...(await locate(folder, name, without(folder, name, verified.error), tensorSums)));
  }
  const extra = (await readdir(folder)).filter((name) => name !== CHECKSUMS_FILE && !sums.value.has(name));
  for (const file of extra) damage.push({ file, tensor: null, problem: `is not listed in ${CHECKSUMS_FILE}` });
  // What fits together is of interest only where every file is as it was written.
  return damage.length > 0 ? damage : checkContents(folder, sums.value);
}

/** Narrows the damage of a file down to tensors. */
async function locate(folder: string, file: string, problem: string, sums: TensorSums | undefined): Promise<Damage[]> {
  if (!file.endsWith(TENSOR_SUFFIX)) return [{ file, tensor: null, problem }];
  const header = await attempt(() => readHeader(path.join(folder, file), { cut: true }));
  if (!header.ok) return [{ file, tensor: null, problem: without(folder, file, header.error) }];
  const known = sums?.[file];
  const opened = new OpenFiles(folder);
  try {
    const size = await opened.size(file);
    const damage: Damage[] = [];
    for (const [tensor, entry] of header.value.tensors) {
      if (entry.end > size) {
        const missing = `is cut off: it ends at byte ${entry.end}, and the file at byte ${size}`;
        damage.push({ file, tensor, problem: missing });
      } else if (known && (await crcOf(opened, file, entry)) !== known[tensor]) {
        damage.push({ file, tensor, problem: 'differs from its checksum' });
      }
    }
    if (damage.length > 0) return damage;
    const where = known
      ? 'its tensors do not, so it is its header that is damaged, or SHA256SUMS'
      : 'which of its tensors cannot be told for want of tensors.json';
    return [{ file, tensor: null, problem: `${problem}; ${where}` }];
  } finally {
    await opened.close();
  }
}

async function crcOf(opened: OpenFiles, file: string, { begin, end }: TensorEntry): Promise<string> {
  let sum = 0;
  for await (const chunk of readSegments(opened, [{ file, position: begin, bytes: end - begin }]))
    sum = crc32(chunk, sum);
  return sum.toString(16).padStart(8, '0');
}

/** That state.json, headers and index belong together. */
async function checkContents(folder: string, sums: ReadonlyMap<string, string>): Promise<Damage[]> {
  const state = await attempt(() => readState(folder, sums));
  if (!state.ok) return [damageOf(folder, state.error)];
  const { layout } = state.value;
  const open = (name: string) => openSafetensors(path.join(folder, name));
  const mapped = await attempt(() => mapTensors(layout, open));
  if (!mapped.ok) return [damageOf(folder, mapped.error)];
  if (layout.kind !== 'sliced' || (await readFile(path.join(folder, INDEX_FILE), 'utf8')) === indexOf(layout, open))
    return [];
  return [{ file: INDEX_FILE, tensor: null, problem: 'lists other tensors than the files have' }];
}

function indexOf(
  { slices }: Layout & { kind: 'sliced' },
  open: (file: string) => ReturnType<typeof openSafetensors>,
): string {
  const weightMap = new Map<string, string>();
  let bytes = 0;
  for (const { file } of slices.filter(({ file }) => file.startsWith('model-'))) {
    for (const [tensor, at] of mapFile(file, open(file))) {
      weightMap.set(tensor, file);
      bytes += bytesOf(at);
    }
  }
  return formatIndex(weightMap, bytes);
}

/** The file that an error's message begins with. */
function damageOf(folder: string, error: unknown): Damage {
  const message = messageOf(error);
  const file = message.startsWith(folder) ? path.basename(message.slice(0, message.indexOf(': '))) : '';
  return { file, tensor: /\btensor (\S+)/.exec(message)?.[1] ?? null, problem: without(folder, file, error) };
}

/** An error's message without the name of the file, which is told besides. */
function without(folder: string, file: string, error: unknown): string {
  const message = messageOf(error);
  const prefix = `${path.join(folder, file)}: `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

async function attempt<T>(action: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await action() };
  } catch (error) {
    return { ok: false, error };
  }
}
