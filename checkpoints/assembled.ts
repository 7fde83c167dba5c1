/**
 * The shards of several ranks, shown as the files that one rank would have saved. Each tensor is put together when it is
 * asked for, from the bytes that it needs; so a network that no single rank could hold can be read here tensor by tensor.
 */
import { CheckpointError } from './errors.ts';
import { checkEntry, mergeShardQueues, readShards } from './read-shards.ts';
import type { SafetensorsDType, SafetensorsFile, Tensor, TensorFile } from './safetensors.ts';
import { elementsOf } from './safetensors-header.ts';
import { type FlatKind, flatTensor, QUEUE, REPLICATED_FILE, type Sharding, shardFile } from './shards.ts';
import { momentumOf, placeOf } from './tensor-places.ts';

/** A tensor that is not read yet. */
interface Pending {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  read(): Uint8Array;
}

/**
 * @param open gives a file of the checkpoint's folder, verified.
 * @throws CheckpointError CHECKPOINT_DAMAGED where a shard lacks a tensor or has one of another size.
 */
export function assembleTensors(
  sharding: Sharding,
  open: (name: string) => SafetensorsFile,
): ReadonlyMap<string, TensorFile> {
  const files = openAll(sharding, open);
  const opened = (name: string) => files.get(name)!;
  const replicated = opened(REPLICATED_FILE);
  const assembled = new Map<string, Map<string, Pending>>();
  const add = (name: string, pending: Pending) => {
    const { file, tensor } = placeOf(name);
    if (!assembled.has(file)) assembled.set(file, new Map());
    assembled.get(file)!.set(tensor, pending);
  };
  for (const flat of sharding.flats) {
    for (const { name, shape, offset } of flat.parameters) {
      const read = (kind: FlatKind) => () =>
        bytesOf(readShards(sharding, flat, kind, offset, offset + elementsOf(shape), opened));
      add(name, { dtype: 'F32', shape, read: read('parameter') });
      add(momentumOf(name), { dtype: 'F32', shape, read: read('momentum') });
    }
  }
  for (const [name, { dtype, shape }] of replicated.entries) {
    add(name, { dtype, shape, read: () => replicated.tensor(name).data });
  }
  const { queue, worldSize } = sharding;
  if (queue) {
    const shape = [queue.assignedCrops, queue.length, queue.width];
    add(QUEUE, { dtype: 'F32', shape, read: () => bytesOf(mergeShardQueues(worldSize, queue, opened)) });
  }
  return new Map([...assembled].map(([file, tensors]) => [file, fileOf(replicated, file, tensors)]));
}

/** Opens every file, and looks at its header alone. */
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

function fileOf({ path, metadata }: SafetensorsFile, file: string, tensors: ReadonlyMap<string, Pending>): TensorFile {
  const tensor = (name: string): Tensor => {
    const found = tensors.get(name);
    if (!found) throw new CheckpointError('TENSOR_NOT_FOUND', `${path}: the shards have no ${file} tensor ${name}`);
    return { dtype: found.dtype, shape: found.shape, data: found.read() };
  };
  return { path, entries: tensors, metadata, tensor };
}

function bytesOf(values: Float32Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(values.buffer);
}
