/**
 * A checkpoint of any layout, shown as the files that one rank would have saved. Each tensor is put together when it is
 * asked for, from the bytes that it needs; so a network that no single rank could hold can be read here tensor by tensor.
 */
import path from 'node:path';
import { CheckpointError } from './errors.ts';
import { readInto } from './read-file.ts';
import type { SafetensorsFile, Tensor, TensorFile } from './safetensors.ts';
import type { Layout } from './state-file.ts';
import { bytesOf, type MappedTensor, mapTensors, type TensorMap } from './tensor-map.ts';

/** The tensors of a checkpoint, and where they lie. */
export interface Assembled {
  readonly tensors: ReadonlyMap<string, TensorFile>;
  readonly map: TensorMap;
}

/**
 * @param folder of the checkpoint.
 * @param open gives a file of that folder.
 * @throws CheckpointError CHECKPOINT_DAMAGED where a file lacks a tensor or has one of another size.
 */
export function assembleTensors(folder: string, layout: Layout, open: (name: string) => SafetensorsFile): Assembled {
  const files = new Map<string, SafetensorsFile>();
  const openOnce = (name: string) => {
    const file = files.get(name) ?? open(name);
    files.set(name, file);
    return file;
  };
  const map = mapTensors(layout, openOnce);
  const [first] = files.values();
  const metadata = first?.metadata ?? {};
  const show = (group: string): TensorFile =>
    (layout.kind === 'whole' ? files.get(`${group}.safetensors`) : undefined) ??
    groupOf(folder, group, map.get(group)!, metadata);
  return { map, tensors: new Map([...map.keys()].map((group) => [group, show(group)])) };
}

function groupOf(
  folder: string,
  group: string,
  entries: ReadonlyMap<string, MappedTensor>,
  metadata: Readonly<Record<string, string>>,
): TensorFile {
  const tensor = (name: string): Tensor => {
    const found = entries.get(name);
    if (!found) throw new CheckpointError('TENSOR_NOT_FOUND', `${folder}: has no ${group} tensor ${name}`);
    const data = new Uint8Array(bytesOf(found));
    let at = 0;
    for (const { file, position, bytes } of found.segments) {
      if (file !== null) readInto(path.join(folder, file), position, data.subarray(at, at + bytes));
      at += bytes;
    }
    return { dtype: found.dtype, shape: found.shape, data };
  };
  return { path: folder, entries, metadata, tensor };
}
