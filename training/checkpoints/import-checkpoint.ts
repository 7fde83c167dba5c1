/** Weights of other software as a checkpoint of ours. */
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError } from '../../checkpoints/errors.ts';
import { type AdoptedWeights, adoptWeights } from '../../checkpoints/interchange/adopt.ts';
import { type ForeignTensor, openForeign, tensorsOf } from '../../checkpoints/interchange/foreign-tensors.ts';
import { areVisslShards, consolidateShards } from '../../checkpoints/interchange/vissl-shards.ts';
import type { TensorSource } from '../../checkpoints/safetensors.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { type ConfigInput, loadConfig } from '../config/config.ts';

export interface ImportOptions {
  /** A safetensors file, or a folder of them. */
  readonly from: string;
  /** Folder that the checkpoint goes into: a new one, or an empty one. */
  readonly out: string;
  /** Take the trunk alone. @default false */
  readonly withoutHead?: boolean;
}

export interface Imported extends Omit<AdoptedWeights, 'trunkTensors' | 'headTensors'> {
  /** Folder of the checkpoint. */
  readonly checkpoint: string;
  /** Tensors that were taken. */
  readonly tensors: number;
}

/**
 * Reads, checks and converts; nothing is written before every name and shape is known to be right.
 * @throws InterchangeError, CheckpointError
 */
export async function importCheckpoint({ from, out, withoutHead = false }: ImportOptions): Promise<Imported> {
  const files = await openForeign(from);
  const tensors = areVisslShards(files) ? consolidateShards(files) : tensorsOf(files);
  const { trunkTensors, headTensors, ...adopted } = adoptWeights(tensors, from, { withoutHead });
  await requireEmpty(out);
  const config = configOf(adopted);
  const groups = new Map([['trunk', sources(trunkTensors)]]);
  if (headTensors.size > 0) groups.set('head', sources(headTensors));
  const { path: checkpoint } = await new CheckpointStore(out).save(0, {
    tensors: groups,
    metadata: { architecture: JSON.stringify(config.model.architecture), step: '0' },
    // No position, no optimiser: a run cannot be resumed from it.
    state: { config, imported: { from: path.basename(path.resolve(from)), layout: adopted.layout } },
  });
  return { ...adopted, checkpoint, tensors: trunkTensors.size + headTensors.size };
}

function configOf({ architecture, head }: Pick<AdoptedWeights, 'architecture' | 'head'>) {
  const model = {
    architecture,
    ...(head && { head: [...head.widths], headBatchNorm: head.batchNorm }),
    ...(head && head.prototypes > 0 && { prototypes: head.prototypes }),
  };
  return loadConfig({ values: { model } as ConfigInput });
}

/** Tensors are read and widened one by one, while they are written. */
function sources(tensors: ReadonlyMap<string, ForeignTensor>): Map<string, TensorSource> {
  return new Map(
    [...tensors].map(([name, { shape, read }]) => {
      const data = () => new Uint8Array(read().buffer);
      return [name, { dtype: 'F32' as const, shape, data }];
    }),
  );
}

async function requireEmpty(out: string): Promise<void> {
  await mkdir(out, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new CheckpointError('CHECKPOINT_WRITE_FAILED', `${out}: cannot be made (${cause.message})`, { cause });
  });
  // What an interrupted import left behind is cleared by the store.
  const there = (await readdir(out)).filter((name) => !name.startsWith('.tmp-'));
  if (there.length === 0) return;
  throw new CheckpointError(
    'CHECKPOINT_WRITE_FAILED',
    `${out}: is not empty (${there[0]}); an import goes into a new folder, so that no run's checkpoints are replaced`,
  );
}
