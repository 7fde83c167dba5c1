/** A checkpoint of several hundred megabytes, most of it in one layer. */
import { type FlatKind, flatTensor, type Sharding, writeReplicated, writeShard } from '../../checkpoints/shards.ts';
import type { CheckpointStore } from '../../checkpoints/store.ts';
import { flatLayouts, type UnitParameter } from '../../program/flat-layout.ts';

const MEGABYTE = 2 ** 20;

const parameters: readonly UnitParameter[] = [
  { name: 'trunk.stem.conv.weight', shape: [16, 3, 3, 3], unit: 'stem' },
  { name: 'trunk.s1.b1.conv1.conv.weight', shape: [12 * MEGABYTE], unit: 's1.b1' },
  { name: 'trunk.s1.b2.conv1.conv.weight', shape: [24, MEGABYTE], unit: 's1.b2' },
  { name: 'head.0.weight', shape: [4, MEGABYTE], unit: 'head' },
];

/** Bytes of parameters and momentum. */
export const LARGE_BYTES = 2 * 4 * (16 * 27 + (12 + 24 + 4) * MEGABYTE);

export function largeSharding(worldSize: number): Sharding {
  return { worldSize, flats: flatLayouts(parameters, worldSize) };
}

/** Saves it in chunks. */
export async function saveLarge(store: CheckpointStore, step: number, worldSize: number) {
  const sharding = largeSharding(worldSize);
  const folder = await store.begin(step);
  const files = [];
  for (let rank = 0; rank < worldSize; rank++) {
    const tensors = sharding.flats.flatMap(({ name, elements }) =>
      (['parameter', 'momentum'] satisfies FlatKind[]).map((kind) => {
        const shape = [elements / worldSize];
        return [flatTensor(kind, name), { dtype: 'F32', shape, data: () => chunks(shape[0]! * 4, rank + 1) }] as const;
      }),
    );
    files.push(await writeShard(folder, rank, worldSize, new Map(tensors)));
  }
  files.push(await writeReplicated(folder, new Map()));
  return store.publish(step, { files, state: {}, sharding });
}

async function* chunks(bytes: number, value: number): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(Math.min(bytes, MEGABYTE)).fill(value);
  for (let at = 0; at < bytes; at += MEGABYTE) yield chunk.subarray(0, Math.min(MEGABYTE, bytes - at));
}
