/** state.json: what a checkpoint holds besides tensors, and how the tensors are laid out in files. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { requireListed } from './checksums.ts';
import { CheckpointError } from './errors.ts';
import { type Sharding, shardedFiles } from './shards.ts';
import { type Slices, slicedFiles, slicesSchema } from './slices.ts';

export const STATE_FILE = 'state.json';
export const TENSOR_SUFFIX = '.safetensors';

/** How a checkpoint's tensors are divided into files. */
export type Layout =
  /** One file for each group of tensors, as one rank saves them. */
  | { readonly kind: 'whole'; readonly files: readonly string[] }
  /** One file for each rank. */
  | { readonly kind: 'sharded'; readonly sharding: Sharding }
  /** One file for each layer. */
  | { readonly kind: 'sliced'; readonly slices: Slices };

/** An Auspex that knows earlier versions only would take shards or slices for the checkpoint of another network. */
const VERSIONS: Readonly<Record<Layout['kind'], number>> = { whole: 1, sharded: 2, sliced: 3 };
const NEWEST_VERSION = Math.max(...Object.values(VERSIONS));

/** What of a layout is written down: the names of whole files are in SHA256SUMS. */
export interface Division {
  readonly sharding?: Sharding | undefined;
  readonly slices?: Slices | undefined;
}

export interface CheckpointState {
  readonly step: number;
  readonly state: unknown;
  readonly layout: Layout;
}

export function formatState(step: number, state: unknown, { sharding, slices }: Division = {}): string {
  const formatVersion = VERSIONS[sharding ? 'sharded' : slices ? 'sliced' : 'whole'];
  return `${JSON.stringify({ formatVersion, step, state, sharding, slices }, null, 2)}\n`;
}

/**
 * @param sums of the folder; every file of tensors must be among them.
 * @throws CheckpointError CHECKPOINT_DAMAGED, CHECKPOINT_TOO_NEW
 */
export async function readState(folder: string, sums: ReadonlyMap<string, string>): Promise<CheckpointState> {
  const file = path.join(folder, STATE_FILE);
  const { formatVersion, step, state, ...division } = await readDocument(file);
  if (typeof formatVersion === 'number' && formatVersion > NEWEST_VERSION) {
    throw new CheckpointError('CHECKPOINT_TOO_NEW', `${file}: written by a newer Auspex; update Auspex`);
  }
  if (!isStep(step)) throw damaged(file, `has the impossible step ${JSON.stringify(step)}`);
  if (division.sharding !== undefined) {
    const sharding = parse(shardingSchema, division.sharding, file, 'sharding');
    const { worldSize } = sharding;
    // Asked before their names are made, of which there could be any number.
    if (worldSize > sums.size) throw damaged(file, `is of ${worldSize} ranks, and the folder has ${sums.size} files`);
    requireListed(folder, sums, shardedFiles(worldSize));
    return { step, state, layout: { kind: 'sharded', sharding } };
  }
  if (division.slices !== undefined) {
    const slices = parse(slicesSchema, division.slices, file, 'slices');
    requireListed(folder, sums, slicedFiles(slices));
    return { step, state, layout: { kind: 'sliced', slices } };
  }
  const files = [...sums.keys()].filter((name) => name.endsWith(TENSOR_SUFFIX));
  return { step, state, layout: { kind: 'whole', files } };
}

/** The files of tensors of a layout. */
export function tensorFiles(layout: Layout): readonly string[] {
  switch (layout.kind) {
    case 'whole':
      return layout.files;
    case 'sharded':
      return shardedFiles(layout.sharding.worldSize);
    case 'sliced':
      return layout.slices.map(({ file }) => file);
  }
}

/** The step that a checkpoint's folder says it is of; nothing is verified. @throws CheckpointError CHECKPOINT_DAMAGED */
export async function peekStep(folder: string): Promise<number> {
  const file = path.join(folder, STATE_FILE);
  const { step } = await readDocument(file);
  if (!isStep(step)) throw damaged(file, `has the impossible step ${JSON.stringify(step)}`);
  return step;
}

/** As it was read: nothing of it is known to be right. */
interface StateDocument {
  readonly formatVersion?: unknown;
  readonly step?: unknown;
  readonly state?: unknown;
  readonly sharding?: unknown;
  readonly slices?: unknown;
}

async function readDocument(file: string): Promise<StateDocument> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw damaged(file, `cannot be read as JSON (${messageOf(cause)})`, cause);
  }
  if (typeof document === 'object' && document !== null) return document;
  throw damaged(file, 'is no object');
}

function isStep(step: unknown): step is number {
  return Number.isSafeInteger(step) && (step as number) >= 0;
}

function parse<Value>(schema: z.ZodType<Value>, value: unknown, file: string, what: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw damaged(file, `has ${what} that cannot be: ${z.prettifyError(result.error)}`);
}

const count = z.int().min(0);
const shardingSchema: z.ZodType<Sharding> = z
  .object({
    worldSize: z.int().min(1),
    flats: z.array(
      z.object({
        name: z.string(),
        unit: z.string(),
        elements: count,
        parameters: z.array(z.object({ name: z.string(), shape: z.array(count), offset: count })),
      }),
    ),
    queue: z.object({ assignedCrops: count, length: count, width: count, batchSize: z.int().min(1) }).optional(),
  })
  .refine(({ worldSize, flats }) => flats.every(({ elements }) => elements % worldSize === 0), {
    error: 'a flat does not divide by the number of ranks',
  })
  .transform(({ queue, ...rest }): Sharding => ({ ...rest, ...(queue && { queue }) }));

function damaged(file: string, problem: string, cause?: unknown): CheckpointError {
  return new CheckpointError('CHECKPOINT_DAMAGED', `${file}: ${problem}`, { cause });
}
