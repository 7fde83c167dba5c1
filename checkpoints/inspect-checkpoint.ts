/** What a checkpoint holds: files, tensors, and on request what their values are like. */
import path from 'node:path';
import { type CheckpointEntry, openReader } from './open-checkpoint.ts';
import { bytesOfFolder, counted, type OnProgress } from './progress.ts';
import { OpenFiles, readSegments } from './read-segments.ts';
import { openSafetensors, type SafetensorsDType } from './safetensors.ts';
import { type Layout, tensorFiles } from './state-file.ts';
import { bytesOf, type MappedTensor, mapFile, mapTensors, type TensorMap } from './tensor-map.ts';
import { numbersOf, type Statistics, StatisticsBuilder } from './tensor-values.ts';

export interface InspectedTensor {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly statistics?: Statistics;
}

export interface InspectedFile {
  /** File, or the group (`trunk`) of tensors that are shown as one rank would have them. */
  readonly name: string;
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly InspectedTensor[];
}

export interface Inspection extends CheckpointEntry {
  readonly layout: Layout['kind'];
  /** Ranks that saved it. */
  readonly worldSize: number;
  /** Of the whole folder. */
  readonly bytes: number;
  readonly files: readonly InspectedFile[];
  readonly state: unknown;
}

export interface InspectOptions {
  /** Reads every value. @default false */
  readonly statistics?: boolean;
  /** Tensors as one rank would have them, in place of what lies in the files. @default false */
  readonly assembled?: boolean;
  readonly onProgress?: OnProgress;
}

/**
 * Only state.json and the headers are checked here, and not the contents: what is damaged can be looked at as well.
 * @throws CheckpointError CHECKPOINT_NOT_FOUND, CHECKPOINT_DAMAGED, CHECKPOINT_TOO_NEW
 */
export async function inspectCheckpoint(
  entry: CheckpointEntry,
  { statistics = false, assembled = false, onProgress }: InspectOptions = {},
): Promise<Inspection> {
  const { layout, state } = await openReader(entry);
  const open = (name: string) => openSafetensors(path.join(entry.path, name));
  const map: TensorMap = assembled
    ? mapTensors(layout, open)
    : new Map(tensorFiles(layout).map((file) => [file, mapFile(file, open(file))]));
  const total = [...map.values()]
    .flatMap((tensors) => [...tensors.values()])
    .reduce((sum, one) => sum + bytesOf(one), 0);
  const onBytes = counted('read', total, onProgress);
  const opened = new OpenFiles(entry.path);
  const inspect = async (name: string, tensor: MappedTensor): Promise<InspectedTensor> => {
    const { dtype, shape } = tensor;
    const plain = { name, dtype, shape, bytes: bytesOf(tensor) };
    if (!statistics) return plain;
    const builder = new StatisticsBuilder();
    for await (const chunk of readSegments(opened, tensor.segments)) {
      builder.add(numbersOf(dtype, chunk));
      onBytes(chunk.byteLength);
    }
    return { ...plain, statistics: builder.result() };
  };
  try {
    const files: InspectedFile[] = [];
    for (const [name, mapped] of map) {
      const tensors: InspectedTensor[] = [];
      for (const [tensor, at] of mapped) tensors.push(await inspect(tensor, at));
      const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
      files.push({ name, bytes, metadata: assembled ? {} : open(name).metadata, tensors });
    }
    const bytes = await bytesOfFolder(entry.path);
    return { ...entry, layout: layout.kind, worldSize: worldSizeOf(layout), bytes, files, state };
  } finally {
    await opened.close();
  }
}

/** Ranks whose parts a layout has. */
export function worldSizeOf(layout: Layout): number {
  return layout.kind === 'sharded' ? layout.sharding.worldSize : 1;
}
