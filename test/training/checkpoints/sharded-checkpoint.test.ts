/** What several ranks saved is used like what one saved: to go on with one rank, and to embed. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { queueOfRank } from '../../../checkpoints/queue-rows.ts';
import type { TensorFile, TensorSource } from '../../../checkpoints/safetensors.ts';
import { flatTensor, type Sharding, writeReplicated, writeShard } from '../../../checkpoints/shards.ts';
import { CheckpointStore } from '../../../checkpoints/store.ts';
import { momentumOf, placeOf } from '../../../checkpoints/tensor-places.ts';
import { flatLayouts, type UnitParameter } from '../../../program/flat-layout.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { configOfRun } from '../../../training/config/config-of-run.ts';
import { outcome, runTraining, stopAfter, temporaryFolder, tinyConfig, writePhotos } from '../tiny-training.ts';

const worldSize = 3;
const queueLength = 12;

/** Replaces a run's latest checkpoint by the same as three ranks would have saved it. */
async function shardLatest(run: string): Promise<void> {
  const store = new CheckpointStore(path.join(run, 'checkpoints'));
  const { step, state, tensors } = await store.load();
  const values = (name: string) => floatsOf(tensors, name);
  const names = [...tensors].flatMap(([file, { entries }]) =>
    [...entries].map(([tensor, { shape }]) => ({ name: file === 'trunk' ? `trunk.${tensor}` : tensor, shape })),
  );
  const parameters = names
    .filter(({ name }) => tensors.get('optimizer')!.entries.has(`momentum.${name}`))
    .map(({ name, shape }): UnitParameter => ({ name, shape, unit: name.split('.').slice(0, 3).join('.') }));
  const trained = new Set(parameters.map(({ name }) => name));
  const replicated = names.filter(({ name }) => !trained.has(name) && !/^(momentum\.|queue$)/.test(name));

  const [assignedCrops, length, width] = tensors.get('head')!.entries.get('queue')!.shape as [number, number, number];
  const queue = { assignedCrops, length, width, batchSize: 6 };
  const sharding: Sharding = { worldSize, flats: flatLayouts(parameters, worldSize), queue };
  const folder = await store.begin(step);
  const files = [];
  for (let rank = 0; rank < worldSize; rank++) {
    const shard = new Map<string, TensorSource>();
    for (const { name, elements, parameters } of sharding.flats) {
      for (const kind of ['parameter', 'momentum'] as const) {
        const flat = new Float32Array(elements);
        for (const { name, offset } of parameters) {
          flat.set(values(kind === 'momentum' ? momentumOf(name) : name), offset);
        }
        const own = elements / worldSize;
        shard.set(flatTensor(kind, name), tensorOf([own], flat.slice(rank * own, (rank + 1) * own)));
      }
    }
    const rows = queueOfRank(values('queue'), queue, rank, worldSize);
    shard.set('queue', tensorOf([assignedCrops, length / worldSize, width], rows));
    files.push(await writeShard(folder, rank, worldSize, shard));
  }
  const shared = replicated.map(({ name, shape }) => [name, tensorOf(shape, values(name))] as const);
  files.push(await writeReplicated(folder, new Map(shared)));
  await store.publish(step, { files, state, sharding });
}

function floatsOf(tensors: ReadonlyMap<string, TensorFile>, name: string): Float32Array<ArrayBuffer> {
  const { file, tensor } = placeOf(name);
  return new Float32Array(Uint8Array.from(tensors.get(file)!.tensor(tensor).data).buffer);
}

function tensorOf(shape: readonly number[], values: Float32Array<ArrayBuffer>): TensorSource {
  return { dtype: 'F32', shape, data: new Uint8Array(values.buffer) };
}

describe('a checkpoint of several ranks', () => {
  const temporary = temporaryFolder();
  const data = path.join(temporary.path, 'photos');
  before(() => writePhotos(data, 20));
  after(() => temporary.remove());

  const set = ['training.batchSize=6', `loss.queueLength=${queueLength}`];
  const run = path.join(temporary.path, 'run');

  it('is taken up by one rank, which ends with the bits of a run that was never sharded', async () => {
    const whole = path.join(temporary.path, 'whole');
    const expected = await runTraining(tinyConfig(data, whole, ...set));
    await stopAfter(4, tinyConfig(data, run, ...set));
    await shardLatest(run);
    const { events, result } = await runTraining(configOfRun(run), { resume: true });
    assert.ok(events[0]?.kind === 'start' && events[0].step === 4);
    assert.deepEqual(outcome(run, result.checkpoint!), outcome(whole, expected.result.checkpoint!));
  });

  it('gives the encoder that one rank would have saved', async () => {
    const views = new Uint8Array(2 * 32 * 32 * 3).map((_, i) => (i * 37) % 256);
    const embed = async () => (await loadEncoder(run, { size: 32, threads: 1, layer: 'projection' })).embed(views);
    const expected = await embed();
    await shardLatest(run);
    assert.deepEqual(await embed(), expected);
    rmSync(run, { recursive: true });
  });
});
