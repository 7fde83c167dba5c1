/**
 * VISSL's sharded checkpoints, put together again. Each rank of fairscale's FSDP saved a flat piece of the parameters of
 * every module that it wraps; the metadata beside them says how the pieces make up parameters:
 *
 *     rank 0  trunk._feature_blocks.res2.block1-0.flat_param_0   [ conv ... | bn ... | pad ]   num_padded 0
 *     rank 1  trunk._feature_blocks.res2.block1-0.flat_param_0   [ ... se ...        | pad ]   num_padded 3
 *
 * Without their padding, all ranks' pieces one after another are the parameters one after another (fairscale 0.4.6,
 * `consolidate_shard_weights`). Buffers, such as running statistics, are the same on every rank: those of rank 0 count.
 *
 * The conversion to safetensors (docs/interchange.md) keeps the metadata as text: `vissl_rank`, and `vissl_meta` with one
 * entry for each part of the model by its prefix, `trunk.` or `heads.0.`.
 */
import * as z from 'zod';
import { messageOf } from '../../errors.ts';
import { readInto } from '../read-file.ts';
import type { SafetensorsFile, TensorEntry } from '../safetensors.ts';
import { BYTES_PER_ELEMENT, elementsOf } from '../safetensors-header.ts';
import { InterchangeError } from './errors.ts';
import { type ForeignTensor, type ForeignTensors, widen } from './foreign-tensors.ts';
import { withoutWrappers } from './vissl-names.ts';

const count = z.int().min(0);
const metaSchema = z.record(
  z.string(),
  z.object({
    param_metadata: z.array(
      z.object({
        fsdp_path: z.string(),
        is_flat: z.boolean(),
        num_padded: z.array(count),
        param_names: z.array(z.string()),
        param_shapes: z.array(z.array(count)),
        param_numels: z.array(count),
      }),
    ),
    buffer_names: z.array(z.string()),
  }),
);

interface Shard {
  readonly rank: number;
  readonly file: SafetensorsFile;
  readonly meta: z.infer<typeof metaSchema>;
  /** Entries by their name without FSDP's wrappers. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
}

/** One rank's part of a flat, without padding. */
interface Piece {
  readonly file: string;
  readonly name: string;
  readonly entry: TensorEntry;
  readonly elements: number;
}

/** Whether these files are shards of VISSL's. */
export function areVisslShards(files: readonly SafetensorsFile[]): boolean {
  return files.some(({ metadata }) => metadata['vissl_meta'] !== undefined);
}

/**
 * The tensors of all shards together; nothing is read before it is asked for, and then only its own bytes.
 * @throws InterchangeError FOREIGN_SHARDS that names the shard
 */
export function consolidateShards(files: readonly SafetensorsFile[]): ForeignTensors {
  const shards = files.map(openShard).sort((one, other) => one.rank - other.rank);
  for (const [index, { rank, file }] of shards.entries()) {
    if (rank === index) continue;
    const problem = rank < index ? `is a second shard of rank ${rank}` : `the shard of rank ${index} is missing`;
    throw shardError(file, problem);
  }
  const first = shards[0]!;
  const tensors = new Map<string, ForeignTensor>();
  for (const [prefix, { param_metadata: wrapped, buffer_names: buffers }] of Object.entries(first.meta)) {
    for (const [index, unit] of wrapped.entries()) {
      const base = join(prefix, unit.fsdp_path);
      const padding = (shard: Shard) => shard.meta[prefix]?.param_metadata[index]?.num_padded;
      if (unit.is_flat) {
        const pieces = shards.map((shard) => piece(shard, join(base, 'flat_param_0'), padding(shard)?.[0]));
        addParameters(tensors, base, unit, pieces, first.file);
        continue;
      }
      for (const [i, name] of unit.param_names.entries()) {
        const pieces = shards.map((shard) => piece(shard, join(base, name), padding(shard)?.[i]));
        const alone = {
          param_names: [name],
          param_shapes: [unit.param_shapes[i]!],
          param_numels: [unit.param_numels[i]!],
        };
        addParameters(tensors, base, alone, pieces, first.file);
      }
    }
    for (const buffer of buffers) {
      const { name, entry } = piece(first, join(prefix, buffer), 0);
      tensors.set(join(prefix, buffer), tensorOf(first.file, name, entry));
    }
  }
  return tensors;
}

function openShard(file: SafetensorsFile): Shard {
  const { vissl_rank: rank, vissl_meta: text } = file.metadata;
  if (!/^\d+$/.test(rank ?? '') || text === undefined) {
    throw shardError(file, 'has no vissl_rank or no vissl_meta, which the conversion writes');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw shardError(file, `has metadata that is not JSON (${messageOf(cause)})`);
  }
  const meta = metaSchema.safeParse(json);
  if (!meta.success) throw shardError(file, `has metadata that cannot be: ${z.prettifyError(meta.error)}`);
  const entries = new Map([...file.entries].map(([name, entry]) => [withoutWrappers(name), entry]));
  return { rank: Number(rank), file, meta: meta.data, entries };
}

function piece({ file, entries }: Shard, name: string, padding: number | undefined): Piece {
  const entry = entries.get(withoutWrappers(name));
  if (!entry || padding === undefined) throw shardError(file, `lacks ${name}`);
  return { file: file.path, name, entry, elements: Math.max(0, elementsOf(entry.shape) - padding) };
}

function addParameters(
  tensors: Map<string, ForeignTensor>,
  base: string,
  unit: { readonly param_names: readonly string[]; readonly param_shapes: number[][]; readonly param_numels: number[] },
  pieces: readonly Piece[],
  file: SafetensorsFile,
): void {
  const held = pieces.reduce((sum, { elements }) => sum + elements, 0);
  const wanted = unit.param_numels.reduce((sum, numel) => sum + numel, 0);
  if (held !== wanted) {
    throw shardError(file, `${pieces[0]!.name} has ${held} elements in all shards, and its parameters ${wanted}`);
  }
  let offset = 0;
  for (const [i, name] of unit.param_names.entries()) {
    const [shape, numel] = [unit.param_shapes[i] ?? [], unit.param_numels[i] ?? 0];
    const begin = offset;
    if (elementsOf(shape) !== numel)
      throw shardError(file, `${join(base, name)} is [${shape}] and has ${numel} elements`);
    tensors.set(join(base, name), {
      dtype: pieces[0]!.entry.dtype,
      shape,
      source: file.path,
      read: () => readAcross(pieces, begin, begin + numel),
    });
    offset += numel;
  }
}

/** The elements `begin` to `end` of the pieces one after another. */
function readAcross(pieces: readonly Piece[], begin: number, end: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(end - begin);
  let position = 0;
  for (const { file, name, entry, elements } of pieces) {
    const [from, to] = [Math.max(begin, position), Math.min(end, position + elements)];
    if (to > from) {
      const size = BYTES_PER_ELEMENT[entry.dtype];
      const bytes = new Uint8Array((to - from) * size);
      readInto(file, entry.begin + (from - position) * size, bytes);
      values.set(widen(bytes, entry.dtype, `${file}: ${name}`), from - begin);
    }
    position += elements;
  }
  return values;
}

function tensorOf(file: SafetensorsFile, name: string, entry: TensorEntry): ForeignTensor {
  const read = () =>
    readAcross([{ file: file.path, name, entry, elements: elementsOf(entry.shape) }], 0, elementsOf(entry.shape));
  return { dtype: entry.dtype, shape: entry.shape, source: file.path, read };
}

function join(...parts: readonly string[]): string {
  return parts
    .map((part) => part.replace(/\.$/, ''))
    .filter((part) => part !== '')
    .join('.');
}

function shardError({ path }: SafetensorsFile, problem: string): InterchangeError {
  return new InterchangeError('FOREIGN_SHARDS', `${path}: ${problem}; convert all shards of one checkpoint again`);
}
