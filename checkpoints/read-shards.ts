/** Reading parts of flats, across the files of whatever ranks saved them, and only the bytes that are asked for. */
import type { FlatLayout } from '../program/flat-layout.ts';
import { CheckpointError } from './errors.ts';
import { type CheckpointReader, fileOf } from './open-checkpoint.ts';
import { mergeQueue, type QueueShape } from './queue-rows.ts';
import { readInto } from './read-file.ts';
import type { SafetensorsFile, Tensor } from './safetensors.ts';
import { elementsOf } from './safetensors-header.ts';
import { type FlatKind, flatTensor, QUEUE, REPLICATED_FILE, type Sharding, shardFile } from './shards.ts';
import { checkEntry } from './tensor-map.ts';
import { momentumOf, placeOf } from './tensor-places.ts';

const BYTES = 4;

/** Part of a flat that lies in one file. */
interface Piece {
  readonly file: string;
  readonly tensor: string;
  /** Elements that the whole tensor has. */
  readonly elements: number;
  /** First element within the tensor, and within what is asked for, and how many. */
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/**
 * Reads the elements `begin` to `end` of a flat into `into`, for a rank of any world size: of the files that hold them,
 * whether one rank saved them or several, only those bytes are read. Beyond what was saved there is padding: zeros.
 *
 * @param layout of the caller; the padding at its end may differ from that of the checkpoint.
 * @throws CheckpointError CHECKPOINT_DAMAGED that names file and tensor, or CHECKPOINT_MISMATCH where the checkpoint has no
 *   such flat.
 */
export async function readFlatRange(
  checkpoint: CheckpointReader,
  layout: FlatLayout,
  kind: FlatKind,
  begin: number,
  end: number,
  into: Float32Array,
): Promise<void> {
  if (into.length !== end - begin) throw new RangeError(`${end - begin} elements do not go into ${into.length}`);
  const { sharding } = checkpoint;
  const pieces = sharding
    ? shardPieces(sharding, sameFlat(checkpoint, sharding, layout), kind, begin, end)
    : parameterPieces(checkpoint, layout, kind, begin, end);
  const files = new Map<string, SafetensorsFile>();
  for (const { file } of pieces) files.set(file, await checkpoint.open(file));
  copyPieces(pieces, (name) => files.get(name)!, into);
}

/** Reads what is the same on every rank, by its name in the program. @throws CheckpointError */
export async function readReplicated(checkpoint: CheckpointReader, name: string): Promise<Tensor> {
  const place = placeOf(name);
  if (!checkpoint.sharding) return (await checkpoint.open(fileOf(checkpoint, place))).tensor(place.tensor);
  return (await checkpoint.open(REPLICATED_FILE)).tensor(name);
}

/** The whole queue, (assigned crops, length, width): `queueOfRank` cuts a rank's rows from it. @throws CheckpointError */
export async function readQueue(checkpoint: CheckpointReader): Promise<Float32Array<ArrayBuffer>> {
  const { sharding } = checkpoint;
  if (!sharding?.queue) return floatsOf(await readReplicated(checkpoint, QUEUE));
  const { worldSize, queue } = sharding;
  const files = new Map<string, SafetensorsFile>();
  for (let rank = 0; rank < worldSize; rank++) {
    const name = shardFile(rank, worldSize);
    files.set(name, await checkpoint.open(name));
  }
  return mergeShardQueues(worldSize, queue, (name) => files.get(name)!);
}

/** Puts the queue together from files that are open. */
function mergeShardQueues(
  worldSize: number,
  queue: QueueShape,
  open: (name: string) => SafetensorsFile,
): Float32Array<ArrayBuffer> {
  const { assignedCrops, length, width } = queue;
  const parts = Array.from({ length: worldSize }, (_, rank) => {
    const file = open(shardFile(rank, worldSize));
    checkEntry(file, QUEUE, (assignedCrops * length * width) / worldSize);
    return floatsOf(file.tensor(QUEUE));
  });
  return mergeQueue(parts, queue);
}

function shardPieces(
  { worldSize }: Sharding,
  { name, elements }: FlatLayout,
  kind: FlatKind,
  begin: number,
  end: number,
): Piece[] {
  const shard = elements / worldSize;
  const tensor = flatTensor(kind, name);
  return Array.from({ length: worldSize }, (_, rank) => ({
    file: shardFile(rank, worldSize),
    tensor,
    elements: shard,
    ...overlap(begin, end, rank * shard, shard),
  })).filter(({ length }) => length > 0);
}

/** Where ranks have not divided it, every parameter is a tensor of its own. */
function parameterPieces(
  checkpoint: CheckpointReader,
  { parameters }: FlatLayout,
  kind: FlatKind,
  begin: number,
  end: number,
): Piece[] {
  return parameters
    .map(({ name, shape, offset }) => {
      const place = placeOf(kind === 'momentum' ? momentumOf(name) : name);
      const elements = elementsOf(shape);
      return { place, tensor: place.tensor, elements, ...overlap(begin, end, offset, elements) };
    })
    .filter(({ length }) => length > 0)
    .map(({ place, ...piece }) => ({ file: fileOf(checkpoint, place), ...piece }));
}

/** What the range from `begin` to `end` and a tensor that begins at `offset` have in common. */
function overlap(begin: number, end: number, offset: number, elements: number) {
  const first = Math.max(begin, offset);
  const length = Math.max(0, Math.min(end, offset + elements) - first);
  return { from: first - offset, to: first - begin, length };
}

function copyPieces(pieces: readonly Piece[], open: (name: string) => SafetensorsFile, into: Float32Array): void {
  into.fill(0);
  for (const { file: name, tensor, elements, from, to, length } of pieces) {
    const file = open(name);
    const position = checkEntry(file, tensor, elements) + from * BYTES;
    readInto(file.path, position, new Uint8Array(into.buffer, into.byteOffset + to * BYTES, length * BYTES));
  }
}

/** The checkpoint's flat of the same name, which must have the same parameters in the same places. */
function sameFlat({ path }: CheckpointReader, { flats }: Sharding, wanted: FlatLayout): FlatLayout {
  const found = flats.find(({ name }) => name === wanted.name);
  const describe = ({ parameters }: FlatLayout) =>
    JSON.stringify(parameters.map(({ name, shape, offset }) => [name, shape, offset]));
  if (found && describe(found) === describe(wanted)) return found;
  const problem = found ? `its flat ${wanted.name} has other parameters` : `it has no flat ${wanted.name}`;
  throw new CheckpointError(
    'CHECKPOINT_MISMATCH',
    `${path}: ${problem}; resume with the configuration of the run, or start a new run in another folder`,
  );
}

function floatsOf({ data }: Tensor): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint8Array.from(data).buffer);
}
