/**
 * A sliced checkpoint (Appendix E of the paper): one file for each layer, which any number of ranks, and others than Auspex,
 * can load layer by layer.
 *
 *     model.safetensors.index.json        which tensor is in which file, as Hugging Face's tools read it
 *     model-00001-of-00006.safetensors    stem: parameters and running statistics, the trunk's under timm's names
 *     model-00002-of-00006.safetensors    s1.b1
 *     ...                                 the last two: head, prototypes
 *     optimizer-00001-of-00006.safetensors, ..., queue.safetensors, loss-scale.safetensors
 *                                         only if asked for: what resuming needs besides
 *     state.json                          with `slices`; SHA256SUMS, tensors.json
 *
 * Loaders take the names of files from the index, so any would do; tools that search a folder look for these.
 */
import { z } from 'zod';
import { QUEUE } from './shards.ts';
import type { TensorPlace } from './tensor-places.ts';

/** One file. */
export interface Slice {
  readonly file: string;
  /** Layer: `stem`, `s1.b1`, `head`, `prototypes`; or `queue`, `loss-scale`. */
  readonly unit: string;
  /** Where one rank saves these tensors: `trunk`, `head` or `optimizer`. */
  readonly group: string;
}

export type Slices = readonly Slice[];

export const INDEX_FILE = 'model.safetensors.index.json';
export const OPTIMIZER = 'optimizer';

/** A tensor's layer and whether resuming alone needs it. */
export interface SliceOf {
  readonly unit: string;
  readonly kind: 'model' | 'optimizer' | 'queue' | 'loss-scale';
}

/** What a training in fp16 keeps of its loss scale, under the names of program/loss-scale.ts. */
export function isLossScale(tensor: string): boolean {
  return tensor === 'loss scale' || tensor === 'loss scale counts';
}

export function sliceOf({ file, tensor }: TensorPlace): SliceOf {
  if (file === 'head' && tensor === QUEUE) return { unit: QUEUE, kind: 'queue' };
  if (file === 'head' && isLossScale(tensor)) return { unit: 'loss-scale', kind: 'loss-scale' };
  if (file === OPTIMIZER) return { unit: unitOf(tensor.replace(/^momentum\./, '')), kind: 'optimizer' };
  return { unit: unitOf(tensor), kind: 'model' };
}

/** The unit that a name says: `trunk.s1.b1.conv1.conv.weight` is of s1.b1. */
export function unitOf(name: string): string {
  const own = name.replace(/^trunk\./, '');
  return /^s\d+\.b\d+(?=\.)/.exec(own)?.[0] ?? own.split('.')[0]!;
}

/** @param number counted from 1. */
export function sliceFile(kind: SliceOf['kind'], number: number, total: number): string {
  if (kind === 'queue' || kind === 'loss-scale') return `${kind}.safetensors`;
  const digits = (count: number) => String(count).padStart(5, '0');
  return `${kind}-${digits(number)}-of-${digits(total)}.safetensors`;
}

/** Every file besides those that any checkpoint has. */
export function slicedFiles(slices: Slices): string[] {
  return [...slices.map(({ file }) => file), INDEX_FILE];
}

/** Whether a training can go on from it. */
export function hasMomentum(slices: Slices): boolean {
  return slices.some(({ group }) => group === OPTIMIZER);
}

/** The text of `model.safetensors.index.json`. @param weightMap file of each tensor of the model. @param totalSize bytes. */
export function formatIndex(weightMap: ReadonlyMap<string, string>, totalSize: number): string {
  const document = { metadata: { total_size: totalSize }, weight_map: Object.fromEntries(weightMap) };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const fileName = z.string().regex(/^[\w-][\w.-]*\.safetensors$/, { error: 'no name of a file of tensors' });

export const slicesSchema: z.ZodType<Slices> = z
  .array(z.object({ file: fileName, unit: z.string(), group: z.string() }))
  .min(1)
  .refine((slices) => new Set(slices.map(({ file }) => file)).size === slices.length, {
    error: 'a file is listed twice',
  });
