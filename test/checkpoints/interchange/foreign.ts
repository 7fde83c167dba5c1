/** Random networks as other software saves them. */
import path from 'node:path';
import { type Layout, nameIn } from '../../../checkpoints/interchange/layouts.ts';
import { type TensorSource, writeSafetensors } from '../../../checkpoints/safetensors.ts';
import { elementsOf } from '../../../checkpoints/safetensors-header.ts';
import { f32, type RandomNetwork } from '../random-checkpoint.ts';

export type Tensors = Map<string, TensorSource & { data: Uint8Array }>;

/** A network's trunk under the names of a layout. */
export function trunkAs(layout: Layout, { parameters, statistics, values }: RandomNetwork): Tensors {
  const trunk = [...parameters, ...statistics].filter(({ name }) => name.startsWith('trunk.'));
  return new Map(
    trunk.map(({ name, shape }) => [nameIn(layout, name.slice('trunk.'.length)), f32(shape, values.get(name)!)]),
  );
}

/** A network's head and prototypes as VISSL's SwAV head: activations count among its layers. */
export function visslHeadOf({ config, parameters, statistics, values }: RandomNetwork, prefix = 'heads.0.'): Tensors {
  const hasBatchNorm = config.model.headBatchNorm !== 'none';
  const perLayer = hasBatchNorm ? 3 : 2;
  const head: Tensors = new Map();
  for (const { name, shape } of [...parameters, ...statistics]) {
    const [, layer, batchNorm, parameter] = /^head\.(\d+)\.(bn\.)?(\w+)$/.exec(name) ?? [];
    const tensor = f32(shape, values.get(name)!);
    if (parameter) {
      head.set(`${prefix}projection_head.${Number(layer) * perLayer + (batchNorm ? 1 : 0)}.${parameter}`, tensor);
    }
    if (name === 'prototypes.weight') head.set(`${prefix}prototypes0.weight`, tensor);
  }
  return head;
}

/** The counters that PyTorch's BN has besides. */
export function withCounters(tensors: Tensors): Tensors {
  const counter = { dtype: 'I64' as const, shape: [], data: new Uint8Array(8) };
  const counters = [...tensors.keys()]
    .filter((name) => name.endsWith('.running_var'))
    .map((name) => [name.replace('running_var', 'num_batches_tracked'), counter] as const);
  return new Map<string, TensorSource & { data: Uint8Array }>([...tensors, ...counters]);
}

export async function write(folder: string, name: string, tensors: Tensors, metadata = {}): Promise<string> {
  const file = path.join(folder, `${name}.safetensors`);
  await writeSafetensors(file, tensors, metadata);
  return file;
}

/** One unit of fairscale's FSDP: the parameters below a path, flattened. */
interface FsdpUnit {
  readonly path: string;
  readonly names: readonly string[];
  readonly flat: boolean;
}

/**
 * Shards of one part of a model (`trunk` or `heads.0`) as fairscale makes them: each rank has an equal piece of every
 * unit's flat, padded with zeros at its end, and every buffer.
 */
function shardPart(part: string, tensors: Tensors, units: readonly FsdpUnit[], worldSize: number) {
  const inUnits = new Set(units.flatMap(({ path: base, names }) => names.map((name) => join(base, name))));
  const buffers = [...tensors.keys()].filter((name) => !inUnits.has(name));
  return Array.from({ length: worldSize }, (_, rank) => {
    const shard: Tensors = new Map(buffers.map((name) => [`${part}.${name}`, tensors.get(name)!]));
    const param_metadata = units.map(({ path: base, names, flat }) => {
      const specs = names.map((name) => tensors.get(join(base, name))!);
      const pieces = flat ? [concatenate(specs.map(({ data }) => data))] : specs.map(({ data }) => data);
      const num_padded = pieces.map((whole, i) => {
        const { piece, padding } = pieceOf(new Float32Array(Uint8Array.from(whole).buffer), rank, worldSize);
        const name = flat ? '_fsdp_wrapped_module.flat_param_0' : names[i]!;
        shard.set(`${part}.${join(base, name)}`, f32([piece.length], piece));
        return padding;
      });
      return {
        fsdp_path: base,
        is_flat: flat,
        num_padded,
        param_names: names,
        param_shapes: specs.map(({ shape }) => shape),
        param_numels: specs.map(({ shape }) => elementsOf(shape)),
      };
    });
    return { shard, meta: { [part]: { param_metadata, buffer_names: buffers } } };
  });
}

function pieceOf(whole: Float32Array<ArrayBuffer>, rank: number, worldSize: number) {
  const length = Math.ceil(whole.length / worldSize);
  const own = whole.subarray(rank * length, (rank + 1) * length);
  const piece = new Float32Array(length);
  piece.set(own);
  return { piece, padding: length - own.length };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function join(base: string, name: string): string {
  return base === '' ? name : `${base}.${name}`;
}

export function prefixed(prefix: string, tensors: Tensors): Tensors {
  return new Map([...tensors].map(([name, tensor]) => [`${prefix}${name}`, tensor]));
}

/** A whole network as shards of VISSL's, with the metadata of their conversion. */
export function visslShards(network: RandomNetwork, worldSize: number) {
  const trunk = trunkAs('vissl', network);
  const head = new Map([...visslHeadOf(network)].map(([name, tensor]) => [name.slice('heads.0.'.length), tensor]));
  const heads = shardPart('heads.0', head, unitsOf(head), worldSize);
  const parts = shardPart('trunk', trunk, unitsOf(trunk), worldSize).map((part, rank) => ({
    shard: new Map([...part.shard, ...heads[rank]!.shard]),
    meta: { vissl_rank: String(rank), vissl_meta: JSON.stringify({ ...part.meta, ...heads[rank]!.meta }) },
  }));
  return { shards: parts.map(({ shard }) => shard), metas: parts.map(({ meta }) => meta) };
}

/** Units as VISSL wraps them: every block flat, normalisations of the stem not flat, and the rest in the outermost unit. */
function unitsOf(tensors: Tensors): FsdpUnit[] {
  const units = new Map<string, string[]>();
  for (const name of tensors.keys()) {
    if (/running_(mean|var)$/.test(name)) continue;
    const base = /^_feature_blocks\.(res\d\.block\d-\d+|conv1\.stem\.1)/.exec(name)?.[0] ?? '';
    units.set(base, [...(units.get(base) ?? []), base === '' ? name : name.slice(base.length + 1)]);
  }
  return [...units].map(([base, names]) => ({ path: base, names, flat: !base.endsWith('stem.1') }));
}
