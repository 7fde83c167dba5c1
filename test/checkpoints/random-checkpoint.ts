/** Checkpoints of small networks with random values, running statistics included, as one rank or several save them. */

import type { TensorSource } from '../../checkpoints/safetensors.ts';
import { elementsOf } from '../../checkpoints/safetensors-header.ts';
import { flatTensor, type SavedFile, writeReplicated, writeShard } from '../../checkpoints/shards.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { placeOf } from '../../checkpoints/tensor-places.ts';
import { trunkOf } from '../../model/families.ts';
import { headParameters, type ParameterSpec, prototypeParameters, trunkParameters } from '../../model/parameters.ts';
import { flatLayouts } from '../../program/flat-layout.ts';
import { type ConfigInput, loadConfig, type ResolvedConfig } from '../../training/config/config.ts';
import { describeEncoder } from '../../training/step.ts';
import { gaussian, uniform } from '../random.ts';

/** Three stages, one of them of two blocks, with groups of different numbers. */
export const SMALL_TRUNK = { w0: 16, wa: 12, wm: 1.9, depth: 4, groupWidth: 8 };

export interface RandomNetwork {
  readonly config: ResolvedConfig;
  /** What is trained, and running statistics, by their names in the program. */
  readonly parameters: readonly ParameterSpec[];
  readonly statistics: readonly ParameterSpec[];
  readonly values: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/** @param model the config's section; widths are small unless it says otherwise */
export function randomNetwork(seed: number, model: Readonly<Record<string, unknown>> = {}): RandomNetwork {
  const section = { architecture: SMALL_TRUNK, head: [24, 12], headBatchNorm: 'hidden', prototypes: 10, ...model };
  const config = loadConfig({ values: { model: section } as ConfigInput });
  const { trunk, head } = describeEncoder(config);
  const prefixed = (specs: readonly ParameterSpec[]) =>
    specs.map(({ name, shape }) => ({ name: `trunk.${name}`, shape }));
  const ofTrunk = trunkParameters(trunkOf(config.model.architecture));
  const ofHead = headParameters(trunk.width, head);
  const parameters = [
    ...prefixed(ofTrunk.parameters),
    ...ofHead.parameters,
    ...prototypeParameters(trunk.width, head).parameters,
  ];
  const statistics = [...prefixed(ofTrunk.buffers), ...ofHead.buffers];
  const [normal, even] = [gaussian(seed), uniform(seed + 1)];
  const values = new Map(
    [...parameters, ...statistics].map(({ name, shape }) => {
      const draw = drawOf(name, shape, normal, even);
      return [name, Float32Array.from({ length: elementsOf(shape) }, draw)];
    }),
  );
  return { config, parameters, statistics, values };
}

/** Values of the size that trained ones have, so that features neither vanish nor overflow. */
function drawOf(name: string, shape: readonly number[], normal: () => number, even: () => number): () => number {
  if (name.endsWith('.running_var')) return () => 0.5 + 1.5 * even();
  if (name.endsWith('.running_mean') || name.endsWith('.bias')) return () => 0.3 * normal();
  if (shape.length === 1) return () => 0.5 + even();
  const fanIn = elementsOf(shape.slice(1));
  return () => normal() * Math.sqrt(2 / fanIn);
}

/** Saves it as one rank does, without an optimiser. @returns the checkpoint's folder */
export async function saveNetwork(folder: string, step: number, network: RandomNetwork): Promise<string> {
  const tensors = new Map<string, Map<string, TensorSource>>();
  for (const spec of [...network.parameters, ...network.statistics]) {
    const { file, tensor } = placeOf(spec.name);
    if (!tensors.has(file)) tensors.set(file, new Map());
    tensors.get(file)!.set(tensor, sourceOf(network, spec));
  }
  const { path } = await new CheckpointStore(folder).save(step, { tensors, state: { config: network.config } });
  return path;
}

/** Saves it as several ranks do; the momentum is zero. @returns the checkpoint's folder */
export async function saveSharded(
  folder: string,
  step: number,
  network: RandomNetwork,
  worldSize: number,
): Promise<string> {
  const store = new CheckpointStore(folder);
  const unitOf = (name: string) => name.split('.').slice(0, 3).join('.');
  const flats = flatLayouts(
    network.parameters.map(({ name, shape }) => ({ name, shape, unit: unitOf(name) })),
    worldSize,
  );
  const target = await store.begin(step);
  const files: SavedFile[] = [];
  for (let rank = 0; rank < worldSize; rank++) {
    const shard = new Map<string, TensorSource>();
    for (const { name, parameters, elements } of flats) {
      const flat = new Float32Array(elements);
      for (const parameter of parameters) flat.set(network.values.get(parameter.name)!, parameter.offset);
      const part = flat.slice((rank * elements) / worldSize, ((rank + 1) * elements) / worldSize);
      shard.set(flatTensor('parameter', name), f32([part.length], part));
      shard.set(flatTensor('momentum', name), f32([part.length], new Float32Array(part.length)));
    }
    files.push(await writeShard(target, rank, worldSize, shard));
  }
  const replicated = new Map(network.statistics.map((spec) => [spec.name, sourceOf(network, spec)]));
  files.push(await writeReplicated(target, replicated));
  const { path } = await store.publish(step, {
    files,
    state: { config: network.config },
    sharding: { worldSize, flats },
  });
  return path;
}

export function f32(shape: readonly number[], values: Float32Array<ArrayBuffer>): TensorSource & { data: Uint8Array } {
  return { dtype: 'F32', shape, data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

function sourceOf({ values }: RandomNetwork, { name, shape }: ParameterSpec): TensorSource {
  return f32(shape, values.get(name)!);
}
