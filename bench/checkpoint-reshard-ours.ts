/**
 * Re-shards a synthetic model. Arguments: `save`, architecture, folder, ranks; or `reshard`, architecture, folder, ranks of the
 * source, ranks of the new one. Prints what `checkpoint-reshard.ts` reads.
 */
import path from 'node:path';
import { reshardCheckpoint } from '../checkpoints/reshard.ts';
import { elementsOf } from '../checkpoints/safetensors-header.ts';
import { flatTensor, type Sharding, writeReplicated, writeShard } from '../checkpoints/shards.ts';
import { CheckpointStore } from '../checkpoints/store.ts';
import { shardingFor } from '../training/checkpoints/checkpoints-of-run.ts';
import { loadConfig } from '../training/config/config.ts';

const [what, architecture, folder, ...ranks] = process.argv.slice(2) as [string, string, string, ...string[]];
const STEP = 1;
const sharding = (worldSize: number): Sharding =>
  shardingFor(loadConfig({ set: [`model.architecture=${architecture}`, 'training.batchSize=12'] }), worldSize);
const folderOf = (worldSize: string) => path.join(folder, `ranks-${worldSize}`);
const begin = performance.now();
if (what === 'save') await save(Number(ranks[0]));
else await reshardCheckpoint(await latest(ranks[0]!), folderOf(ranks[1]!), sharding(Number(ranks[1])));
const seconds = (performance.now() - begin) / 1000;
const { flats, worldSize } = sharding(Number(ranks.at(-1)));
const flatBytes = flats.map(({ elements }) => elements * 4 * 2);
const bytes = flatBytes.reduce((sum, flat) => sum + flat, 0);
const result = {
  parameters: flats.flatMap(({ parameters }) => parameters).reduce((sum, { shape }) => sum + elementsOf(shape), 0),
  bytes,
  shardBytes: bytes / worldSize,
  unitBytes: Math.max(...flatBytes),
  seconds,
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

/** What another process of this bench has written. */
async function latest(worldSize: string) {
  const saved = folderOf(worldSize);
  const [entry] = await new CheckpointStore(saved).list();
  return entry ?? { step: STEP, path: saved };
}

/** Values that differ from chunk to chunk. */
async function save(worldSize: number): Promise<void> {
  const division = sharding(worldSize);
  const store = new CheckpointStore(folderOf(String(worldSize)));
  const temporary = await store.begin(STEP);
  const chunk = new Float32Array(2 ** 20);
  let count = 0;
  async function* chunks(elements: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < elements; at += chunk.length) {
      count += 1;
      for (let i = 0; i < chunk.length; i += 16) chunk[i] = count + i / chunk.length;
      yield new Uint8Array(chunk.buffer, 0, Math.min(chunk.length, elements - at) * 4);
    }
  }
  const files = [];
  for (let rank = 0; rank < worldSize; rank++) {
    const tensors = division.flats.flatMap(({ name, elements }) =>
      (['parameter', 'momentum'] as const).map((kind) => {
        const shape = [elements / worldSize];
        return [flatTensor(kind, name), { dtype: 'F32', shape, data: () => chunks(shape[0]!) }] as const;
      }),
    );
    files.push(await writeShard(temporary, rank, worldSize, new Map(tensors)));
  }
  files.push(await writeReplicated(temporary, new Map()));
  await store.publish(STEP, { files, state: {}, sharding: division });
}
