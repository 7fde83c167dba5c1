/** A trunk as one safetensors file under another library's names. */
import type { TrunkSpec } from '../../model/regnet.ts';
import { type TensorFile, type TensorSource, type WrittenFile, writeSafetensors } from '../safetensors.ts';
import { InterchangeError } from './errors.ts';
import { type Layout, nameIn } from './layouts.ts';

/** Layouts that are written; the others are only read. */
export const WRITTEN_LAYOUTS = ['timm', 'torchvision'] as const satisfies readonly Layout[];
export type WrittenLayout = (typeof WRITTEN_LAYOUTS)[number];

/**
 * The models of timm and torchvision that load these weights, by our architecture's name. Those that torchvision calls
 * regnet_y_800mf and regnet_y_8gf have other widths (timm's `_tv`), and are not these.
 */
const MODELS: Readonly<Record<string, { readonly timm: string; readonly torchvision?: string }>> = {
  '200mf': { timm: 'regnety_002' },
  '400mf': { timm: 'regnety_004', torchvision: 'regnet_y_400mf' },
  '600mf': { timm: 'regnety_006' },
  '800mf': { timm: 'regnety_008' },
  '1.6gf': { timm: 'regnety_016', torchvision: 'regnet_y_1_6gf' },
  '3.2gf': { timm: 'regnety_032', torchvision: 'regnet_y_3_2gf' },
  '4gf': { timm: 'regnety_040' },
  '6.4gf': { timm: 'regnety_064' },
  '8gf': { timm: 'regnety_080' },
  '12gf': { timm: 'regnety_120' },
  '16gf': { timm: 'regnety_160', torchvision: 'regnet_y_16gf' },
  '32gf': { timm: 'regnety_320', torchvision: 'regnet_y_32gf' },
  '64gf': { timm: 'regnety_640' },
  '128gf': { timm: 'regnety_1280', torchvision: 'regnet_y_128gf' },
  '256gf': { timm: 'regnety_2560' },
};

/** The library's own name of an architecture, or undefined where it has none and the model is built by its numbers. */
export function libraryModel(layout: WrittenLayout, architecture: unknown): string | undefined {
  if (typeof architecture !== 'string') return undefined;
  const size = /^(?:seer|regnety)-(.+)$/.exec(architecture)?.[1];
  return size === undefined ? undefined : MODELS[size]?.[layout];
}

/**
 * Writes the trunk's tensors, one by one, so that a network need not fit into memory.
 * @param trunk tensors by our names
 * @throws InterchangeError CANNOT_EXPORT; CheckpointError CHECKPOINT_WRITE_FAILED
 */
export function writeWeights(
  out: string,
  layout: WrittenLayout,
  trunk: TensorFile,
  spec: TrunkSpec,
  metadata: Readonly<Record<string, string>>,
): Promise<WrittenFile> {
  if (spec.kind !== 'regnety' && layout === 'torchvision') {
    throw new InterchangeError('CANNOT_EXPORT', 'torchvision has no RegNetZ; export with --format timm or onnx.');
  }
  const tensors = new Map<string, TensorSource>();
  for (const [name, { dtype, shape }] of trunk.entries) {
    tensors.set(nameIn(layout, name), { dtype, shape, data: () => trunk.tensor(name).data });
  }
  // PyTorch's own readers take the metadata's `format` for a sign of whose tensors these are.
  return writeSafetensors(out, tensors, { format: 'pt', ...metadata });
}
