/**
 * Where in a checkpoint's files the bytes of each tensor lie, whoever saved it and however: the one thing that slicing,
 * merging, re-sharding and comparing need to know. A tensor is a list of segments, read one after another:
 *
 *     shard-00000   | parameter.s1.b1 ........[conv2 |          s1.b1.conv2.conv.weight
 *     shard-00001   | conv2].. [conv3 ... ]   |           =     [shard-00000, ...], [shard-00001, ...]
 *
 * Nothing is read here but headers.
 */
import type { FlatLayout } from '../program/flat-layout.ts';
import { CheckpointError } from './errors.ts';
import { rowMoves } from './queue-rows.ts';
import type { SafetensorsDType, SafetensorsFile, TensorEntry } from './safetensors.ts';
import { elementsOf } from './safetensors-header.ts';
import { type FlatKind, flatTensor, QUEUE, REPLICATED_FILE, type Sharding, shardFile } from './shards.ts';
import { type Layout, TENSOR_SUFFIX } from './state-file.ts';
import { momentumOf, placeOf } from './tensor-places.ts';

const BYTES = 4;

/** Bytes of one file. */
export interface Segment {
  /** Name within the checkpoint's folder; null for zeros that are in no file. */
  readonly file: string | null;
  /** First byte in the file. */
  readonly position: number;
  readonly bytes: number;
}

export interface MappedTensor {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly segments: readonly Segment[];
}

/** By the file in which one rank saves them (`trunk`), and by name. */
export type TensorMap = ReadonlyMap<string, ReadonlyMap<string, MappedTensor>>;

/**
 * @param open gives a file of the checkpoint's folder.
 * @throws CheckpointError CHECKPOINT_DAMAGED where a file lacks a tensor or has one of another size.
 */
export function mapTensors(layout: Layout, open: (file: string) => SafetensorsFile): TensorMap {
  switch (layout.kind) {
    case 'whole':
      return new Map(layout.files.map((file) => [file.slice(0, -TENSOR_SUFFIX.length), mapFile(file, open(file))]));
    case 'sliced': {
      const groups = new Map<string, Map<string, MappedTensor>>();
      for (const { file, group } of layout.slices) {
        groups.set(group, new Map([...(groups.get(group) ?? []), ...mapFile(file, open(file))]));
      }
      return groups;
    }
    case 'sharded':
      return mapShards(layout.sharding, open);
  }
}

/** Bytes of a tensor. */
export function bytesOf({ segments }: MappedTensor): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The part of a tensor from byte `begin` to `end`. */
export function cut(segments: readonly Segment[], begin: number, end: number): Segment[] {
  const parts: Segment[] = [];
  let at = 0;
  for (const { file, position, bytes } of segments) {
    const first = Math.max(begin, at);
    const length = Math.min(end, at + bytes) - first;
    if (length > 0) parts.push({ file, position: position + first - at, bytes: length });
    at += bytes;
  }
  return parts;
}

/** Segments that follow one another in their file, as one. */
export function joined(segments: readonly Segment[]): Segment[] {
  const whole: Segment[] = [];
  for (const segment of segments) {
    const last = whole.at(-1);
    if (last && last.file === segment.file && (last.file === null || last.position + last.bytes === segment.position)) {
      whole[whole.length - 1] = { ...last, bytes: last.bytes + segment.bytes };
    } else if (segment.bytes > 0) whole.push(segment);
  }
  return whole;
}

/** The tensors of one file, each in one piece. */
export function mapFile(file: string, { entries }: SafetensorsFile): Map<string, MappedTensor> {
  return new Map([...entries].map(([name, entry]) => [name, { ...typeOf(entry), segments: [segmentOf(file, entry)] }]));
}

function typeOf({ dtype, shape }: TensorEntry) {
  return { dtype, shape };
}

function segmentOf(file: string, { begin, end }: TensorEntry): Segment {
  return { file, position: begin, bytes: end - begin };
}

function mapShards(sharding: Sharding, open: (file: string) => SafetensorsFile): TensorMap {
  const files = openAll(sharding, open);
  const groups = new Map<string, Map<string, MappedTensor>>();
  const add = (name: string, tensor: MappedTensor) => {
    const place = placeOf(name);
    if (!groups.has(place.file)) groups.set(place.file, new Map());
    groups.get(place.file)!.set(place.tensor, tensor);
  };
  for (const flat of sharding.flats) {
    const kinds = { parameter: (name: string) => name, momentum: momentumOf } as const;
    for (const [kind, nameOf] of Object.entries(kinds) as [FlatKind, (name: string) => string][]) {
      const whole = flatSegments(sharding, flat, kind, files);
      for (const { name, shape, offset } of flat.parameters) {
        const segments = cut(whole, offset * BYTES, (offset + elementsOf(shape)) * BYTES);
        add(nameOf(name), { dtype: 'F32', shape, segments });
      }
    }
  }
  for (const [name, entry] of files.get(REPLICATED_FILE)!.entries) {
    add(name, { ...typeOf(entry), segments: [segmentOf(REPLICATED_FILE, entry)] });
  }
  const queue = mapQueue(sharding, files);
  if (queue) add(QUEUE, queue);
  return groups;
}

function flatSegments(
  { worldSize }: Sharding,
  { name, elements }: FlatLayout,
  kind: FlatKind,
  files: ReadonlyMap<string, SafetensorsFile>,
): Segment[] {
  return Array.from({ length: worldSize }, (_, rank) => {
    const file = shardFile(rank, worldSize);
    const position = checkEntry(files.get(file)!, flatTensor(kind, name), elements / worldSize);
    return { file, position, bytes: (elements / worldSize) * BYTES };
  });
}

/** The whole queue's rows lie scattered over the ranks' files. */
function mapQueue({ queue, worldSize }: Sharding, files: ReadonlyMap<string, SafetensorsFile>) {
  if (!queue) return undefined;
  const { assignedCrops, length, width } = queue;
  const rowBytes = width * BYTES;
  const rows: Segment[] = [];
  for (const { rank, from, to } of rowMoves(queue, worldSize)) {
    const file = shardFile(rank, worldSize);
    const { begin } = files.get(file)!.entries.get(QUEUE)!;
    rows[to] = { file, position: begin + from * rowBytes, bytes: rowBytes };
  }
  return { dtype: 'F32', shape: [assignedCrops, length, width], segments: joined(rows) } as const;
}

/** Opens every file of a sharding, and looks at its header alone. @throws CheckpointError CHECKPOINT_DAMAGED */
export function openAll(
  { worldSize, flats, queue }: Sharding,
  open: (name: string) => SafetensorsFile,
): ReadonlyMap<string, SafetensorsFile> {
  const files = new Map([[REPLICATED_FILE, open(REPLICATED_FILE)]]);
  for (let rank = 0; rank < worldSize; rank++) {
    const file = open(shardFile(rank, worldSize));
    for (const { name, elements } of flats) {
      for (const kind of ['parameter', 'momentum'] as const) {
        checkEntry(file, flatTensor(kind, name), elements / worldSize);
      }
    }
    if (queue) checkEntry(file, QUEUE, (queue.assignedCrops * queue.length * queue.width) / worldSize);
    files.set(shardFile(rank, worldSize), file);
  }
  return files;
}

/** @throws CheckpointError CHECKPOINT_DAMAGED unless the file has an F32 tensor of so many elements. @returns its first byte. */
export function checkEntry(file: SafetensorsFile, tensor: string, elements: number): number {
  const entry = file.entries.get(tensor);
  if (!entry) throw damaged(file, `lacks tensor ${tensor}`);
  if (entry.dtype !== 'F32' || elementsOf(entry.shape) !== elements) {
    throw damaged(file, `tensor ${tensor} is ${entry.dtype} [${entry.shape}] and not ${elements} elements of F32`);
  }
  return entry.begin;
}

function damaged({ path }: SafetensorsFile, problem: string): CheckpointError {
  return new CheckpointError('CHECKPOINT_DAMAGED', `${path}: ${problem}; the file is damaged`);
}
