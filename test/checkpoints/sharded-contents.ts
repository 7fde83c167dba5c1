/** A small network's values, whole and as the shards of any number of ranks. */
import { queueOfRank } from '../../checkpoints/queue-rows.ts';
import type { TensorSource } from '../../checkpoints/safetensors.ts';
import {
  type FlatKind,
  flatTensor,
  type SavedFile,
  type Sharding,
  writeReplicated,
  writeShard,
} from '../../checkpoints/shards.ts';
import { momentumOf, placeOf } from '../../checkpoints/tensor-places.ts';
import { type FlatLayout, flatLayouts, type UnitParameter } from '../../program/flat-layout.ts';
import { LOSS_SCALE } from '../../program/loss-scale.ts';

export const parameters: readonly UnitParameter[] = [
  { name: 'trunk.stem.conv.weight', shape: [7, 3, 3, 3], unit: 'stem' },
  { name: 'trunk.stem.bn.weight', shape: [7], unit: 'stem' },
  { name: 'trunk.s1.b1.conv1.conv.weight', shape: [11, 7, 1, 1], unit: 's1.b1' },
  { name: 'trunk.s1.b1.conv2.conv.weight', shape: [11, 5, 3, 3], unit: 's1.b1' },
  { name: 'head.0.weight', shape: [13, 11], unit: 'head' },
  { name: 'head.0.bias', shape: [13], unit: 'head' },
  { name: 'prototypes.weight', shape: [9, 13], unit: 'prototypes', wholeRows: true },
];

/** What every rank has, a training in fp16 among them. */
const statistics = {
  'trunk.stem.bn.running_mean': [7],
  'trunk.stem.bn.running_var': [7],
  [LOSS_SCALE.scale]: [1],
  [LOSS_SCALE.counts]: [2],
};
const queueNumbers = { assignedCrops: 2, length: 24, width: 5, batchSize: 12 };

/** Values that tell name, element and step. */
export function valuesOf(name: string, shape: readonly number[], step: number): Float32Array<ArrayBuffer> {
  const first = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, step);
  const elements = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length: elements }, (_, i) => first + i / 1024);
}

export function shardingOf(worldSize: number): Sharding {
  return { worldSize, flats: flatLayouts(parameters, worldSize), queue: queueNumbers };
}

/** A whole flat with its padding. */
export function flatOf({ parameters, elements }: FlatLayout, kind: FlatKind, step: number): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(elements);
  for (const { name, shape, offset } of parameters) {
    flat.set(valuesOf(kind === 'momentum' ? momentumOf(name) : name, shape, step), offset);
  }
  return flat;
}

const { assignedCrops, length, width } = queueNumbers;
export const queueShape = [assignedCrops, length, width];

/** What one rank holds. */
export function shardOf(step: number, rank: number, worldSize: number): Map<string, TensorSource> {
  const { flats } = shardingOf(worldSize);
  const tensors = new Map<string, TensorSource>();
  for (const flat of flats) {
    const elements = flat.elements / worldSize;
    for (const kind of ['parameter', 'momentum'] as const) {
      const own = flatOf(flat, kind, step).slice(rank * elements, (rank + 1) * elements);
      tensors.set(flatTensor(kind, flat.name), tensorOf([elements], own));
    }
  }
  const rows = queueOfRank(valuesOf('queue', queueShape, step), queueNumbers, rank, worldSize);
  return tensors.set('queue', tensorOf([assignedCrops, length / worldSize, width], rows));
}

export function replicatedOf(step: number): Map<string, TensorSource> {
  return new Map(
    Object.entries(statistics).map(([name, shape]) => [name, tensorOf(shape, valuesOf(name, shape, step))]),
  );
}

/** All values by file and name, as one rank saves them. */
export function wholeOf(step: number): Map<string, Map<string, TensorSource>> {
  const files = new Map<string, Map<string, TensorSource>>();
  const add = (name: string, shape: readonly number[]) => {
    const { file, tensor } = placeOf(name);
    if (!files.has(file)) files.set(file, new Map());
    files.get(file)!.set(tensor, tensorOf(shape, valuesOf(name, shape, step)));
  };
  for (const { name, shape } of parameters) {
    add(name, shape);
    add(momentumOf(name), shape);
  }
  for (const [name, shape] of Object.entries(statistics)) add(name, shape);
  add('queue', queueShape);
  return files;
}

/** Every rank writes, one after the other. */
export async function writeAll(folder: string, step: number, worldSize: number): Promise<SavedFile[]> {
  const files: SavedFile[] = [];
  for (let rank = 0; rank < worldSize; rank++) {
    files.push(await writeShard(folder, rank, worldSize, shardOf(step, rank, worldSize), { step: String(step) }));
  }
  files.push(await writeReplicated(folder, replicatedOf(step), { step: String(step) }));
  return files;
}

export const stateOf = (step: number) => ({ iteration: step });

function tensorOf(shape: readonly number[], values: Float32Array<ArrayBuffer>): TensorSource {
  return { dtype: 'F32', shape, data: new Uint8Array(values.buffer) };
}
