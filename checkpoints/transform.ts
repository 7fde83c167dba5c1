/**
 * From one layout of a checkpoint to another. The source is verified, and then streamed into a new folder: what is in memory
 * is two chunks of a tensor, whatever the size of the model.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { writeFileDurably } from './atomic-file.ts';
import { finishFolder, type SavedCheckpoint } from './finish-folder.ts';
import { requireFree, writeNewFolder } from './new-folder.ts';
import { type CheckpointEntry, type LoadedCheckpoint, openCheckpoint } from './open-checkpoint.ts';
import { bytesOfFolder, counted, type OnProgress } from './progress.ts';
import { type OnBytes, OpenFiles, readSegments } from './read-segments.ts';
import type { TensorSource } from './safetensors.ts';
import { type SavedFile, writeTensors } from './shards.ts';
import { tensorFiles } from './state-file.ts';
import { bytesOf, type MappedTensor } from './tensor-map.ts';

export interface TransformOptions {
  /** Told after every chunk. */
  readonly onProgress?: OnProgress;
}

/** A file of the new checkpoint. */
export interface PlannedFile {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, MappedTensor>;
  /** Text pairs of its header, besides those of the source. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface Plan extends Pick<SavedCheckpoint, 'sharding' | 'slices'> {
  readonly files: readonly PlannedFile[];
  /** Files that are no tensors, by name. */
  readonly texts?: ReadonlyMap<string, string>;
}

export interface Transformed extends CheckpointEntry {
  readonly files: number;
  /** Of all tensors. */
  readonly bytes: number;
}

/**
 * @param plan from where the source's tensors lie to the files of the new checkpoint.
 * @param target a folder that does not exist yet.
 * @throws CheckpointError as openCheckpoint and writeNewFolder.
 */
export async function transform(
  source: CheckpointEntry,
  target: string,
  plan: (source: LoadedCheckpoint) => Plan,
  { onProgress }: TransformOptions,
): Promise<Transformed> {
  await requireFree(path.resolve(target));
  const files = new OpenFiles(source.path);
  try {
    const loaded = await openCheckpoint(source, {
      onBytes: counted('verify', await bytesOfFolder(source.path), onProgress),
    });
    const planned = plan(loaded);
    // All open before long work: a training that removes the source meanwhile takes nothing away.
    for (const name of tensorFiles(loaded.layout)) await files.size(name);
    const bytes = planned.files.reduce((sum, { tensors }) => sum + bytesOfAll(tensors), 0);
    return await writeNewFolder(target, async (folder) => {
      const saved = await writePlan(folder, files, loaded, planned, counted('write', bytes, onProgress));
      const { sharding, slices } = planned;
      const division = { ...(sharding && { sharding }), ...(slices && { slices }) };
      await finishFolder(folder, source.step, { files: saved, state: loaded.state, ...division });
      return { step: source.step, path: target, files: planned.files.length, bytes };
    });
  } finally {
    await files.close();
  }
}

export function bytesOfAll(tensors: ReadonlyMap<string, MappedTensor>): number {
  return [...tensors.values()].reduce((sum, tensor) => sum + bytesOf(tensor), 0);
}

async function writePlan(
  folder: string,
  files: OpenFiles,
  { tensors }: LoadedCheckpoint,
  plan: Plan,
  onBytes: OnBytes,
): Promise<SavedFile[]> {
  const [first] = tensors.values();
  const streamed = async function* (tensor: MappedTensor): AsyncGenerator<Uint8Array> {
    for await (const chunk of readSegments(files, tensor.segments)) {
      yield chunk;
      onBytes(chunk.byteLength);
    }
  };
  const saved: SavedFile[] = [];
  for (const { name, tensors, metadata } of plan.files) {
    const sources = [...tensors].map(([name, tensor]): [string, TensorSource] => {
      const { dtype, shape } = tensor;
      return [name, { dtype, shape, data: () => streamed(tensor) }];
    });
    saved.push(await writeTensors(folder, name, new Map(sources), { ...first?.metadata, ...metadata }));
  }
  for (const [name, text] of plan.texts ?? []) saved.push(await writeText(folder, name, text));
  return saved;
}

async function writeText(folder: string, name: string, text: string): Promise<SavedFile> {
  await writeFileDurably(path.join(folder, name), (file) => file.writeFile(text));
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { name, bytes: Buffer.byteLength(text), sha256, tensors: {} };
}
