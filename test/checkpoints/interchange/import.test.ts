/** `auspex checkpoint import`: weights of other libraries become checkpoints of ours with the same values. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LAYOUTS } from '../../../checkpoints/interchange/layouts.ts';
import type { TensorSource } from '../../../checkpoints/safetensors.ts';
import { CheckpointStore } from '../../../checkpoints/store.ts';
import { exportCheckpoint } from '../../../training/checkpoints/export-checkpoint.ts';
import { importCheckpoint } from '../../../training/checkpoints/import-checkpoint.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { f32, type RandomNetwork, randomNetwork, saveNetwork, saveSharded } from '../random-checkpoint.ts';
import { prefixed, type Tensors, trunkAs, visslHeadOf, visslShards, withCounters, write } from './foreign.ts';

const SEED = 23;

describe('auspex checkpoint import', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  let folders = 0;
  const fresh = () => path.join(temporary.path, String(folders++));
  const freshFolder = () => {
    const folder = fresh();
    mkdirSync(folder);
    return folder;
  };
  const network = randomNetwork(SEED);

  /** All values of the trunk, and of the head where there is one. */
  async function assertValues(out: string, { values, parameters, statistics }: RandomNetwork, withHead: boolean) {
    const { tensors } = await new CheckpointStore(out).load();
    const wanted = [...parameters, ...statistics]
      .map(({ name }) => name)
      .filter((name) => withHead || name.startsWith('trunk.'));
    const found = [...tensors].flatMap(([file, { entries }]) =>
      [...entries.keys()].map((name) => (file === 'trunk' ? `trunk.${name}` : name)),
    );
    assert.deepEqual(found.sort(), [...wanted].sort());
    for (const name of wanted) {
      const [file, tensor] = name.startsWith('trunk.') ? ['trunk', name.slice('trunk.'.length)] : ['head', name];
      const { data } = tensors.get(file)!.tensor(tensor);
      assert.deepEqual(new Float32Array(Uint8Array.from(data).buffer), values.get(name), `${name} (seed ${SEED})`);
    }
  }

  for (const layout of LAYOUTS) {
    it(`${layout}: the same values, and counters are left out`, async () => {
      const from = await write(temporary.path, layout, withCounters(trunkAs(layout, network)));
      const out = fresh();
      const imported = await importCheckpoint({ from, out });
      assert.equal(imported.layout, layout);
      assert.ok(imported.leftOut.length > 0 && imported.leftOut.every((name) => name.endsWith('num_batches_tracked')));
      assert.equal(imported.head, undefined);
      await assertValues(out, network, false);
    });
  }

  for (const [what, layout, names] of [
    ['timm', 'timm', ['head.fc.weight', 'head.fc.bias']],
    ['torchvision', 'torchvision', ['fc.weight', 'fc.bias']],
  ] as const) {
    it(`${what}: its classifier is left out, and named`, async () => {
      const tensors = trunkAs(layout, network);
      for (const name of names) tensors.set(name, f32([4], Float32Array.of(1, 2, 3, 4)));
      const { leftOut } = await importCheckpoint({
        from: await write(temporary.path, `${what} classifier`, tensors),
        out: fresh(),
      });
      assert.deepEqual(leftOut, names);
    });
  }

  for (const headBatchNorm of ['none', 'hidden'] as const) {
    it(`VISSL with a head, BN ${headBatchNorm}: both, and the embeddings of a network with these weights`, async () => {
      const net = randomNetwork(SEED, { headBatchNorm });
      const tensors = new Map([...prefixed('trunk.', trunkAs('vissl', net)), ...visslHeadOf(net)]);
      const out = fresh();
      const { head, architecture } = await importCheckpoint({
        from: await write(temporary.path, headBatchNorm, tensors),
        out,
      });
      assert.deepEqual(head, { widths: [24, 12], batchNorm: headBatchNorm, prototypes: 10 });
      assert.equal(typeof architecture, 'object');
      await assertValues(out, net, true);
      const own = fresh();
      await saveNetwork(own, 1, net);
      const views = Uint8Array.from({ length: 2 * 40 * 40 * 3 }, (_, i) => (i * 37) % 256);
      const embed = async (folder: string) =>
        (await loadEncoder(folder, { layer: 'projection', size: 40, batchSize: 2, precision: 'fp32' })).embed(views);
      assert.deepEqual(await embed(out), await embed(own));
    });
  }

  it('VISSL sliced: a folder with a file for each tensor', async () => {
    const folder = freshFolder();
    const tensors = [...prefixed('trunk.', trunkAs('vissl', network)), ...visslHeadOf(network)];
    for (const [i, entry] of tensors.entries()) await write(folder, `slice-${i}`, new Map([entry]));
    const out = fresh();
    await importCheckpoint({ from: folder, out });
    await assertValues(out, network, true);
  });

  describe('VISSL sharded by FSDP', () => {
    const worldSize = 3;

    async function writeShards(
      change: (shards: Tensors[], meta: { vissl_rank: string; vissl_meta: string }[]) => void = () => undefined,
    ) {
      const folder = freshFolder();
      const { shards, metas } = visslShards(network, worldSize);
      change(shards, metas);
      for (const [i, shard] of shards.entries()) await write(folder, `phase-shard${worldSize - i}`, shard, metas[i]);
      return folder;
    }

    it('is put together, padding left out, whatever the order of its files', async () => {
      const out = fresh();
      await importCheckpoint({ from: await writeShards(), out });
      await assertValues(out, network, true);
    });

    it('has padding that must not be taken for values', () => {
      const { metas } = visslShards(network, worldSize);
      const { trunk } = JSON.parse(metas.at(-1)!.vissl_meta) as {
        trunk: { param_metadata: { num_padded: number[] }[] };
      };
      assert.ok(trunk.param_metadata.some(({ num_padded }) => num_padded.some((padding) => padding > 0)));
    });

    const refusals: [what: string, change: Parameters<typeof writeShards>[0], message: RegExp][] = [
      ['a missing shard', (shards, metas) => [shards.splice(1, 1), metas.splice(1, 1)], /shard of rank 1 is missing/],
      ['the same shard twice', (_, metas) => Object.assign(metas[2]!, { vissl_rank: '1' }), /second shard of rank 1/],
      [
        'a shard without metadata',
        (_, metas) => Object.assign(metas[1]!, { vissl_meta: '{' }),
        /metadata that is not JSON/,
      ],
      [
        'a lost flat',
        (shards) => shards[1]!.delete([...shards[1]!.keys()].find((name) => name.includes('flat_param'))!),
        /lacks .*flat_param_0/,
      ],
      [
        'a shorter piece',
        (shards) => {
          const name = [...shards[0]!.keys()].find((key) => key.includes('block1-0') && key.includes('flat_param'))!;
          shards[0]!.set(name, f32([3], new Float32Array(3)));
        },
        /elements in all shards/,
      ],
    ];
    for (const [what, change, message] of refusals) {
      it(`${what} is refused`, async () => {
        const out = fresh();
        const imported = importCheckpoint({ from: await writeShards(change), out });
        await assert.rejects(imported, { code: 'FOREIGN_SHARDS', message });
        assert.ok(!existsSync(out));
      });
    }
  });

  it('f16, bf16 and f64 are widened', async () => {
    // Numbers that all of them have, the smallest of f16 among them.
    const values = [0, -0, 1, -1.5, 2 ** -24, 3 * 2 ** -24, 2 ** -14, 65504, Number.POSITIVE_INFINITY].map(Math.fround);
    const f16 = [0, 0x8000, 0x3c00, 0xbe00, 0x0001, 0x0003, 0x0400, 0x7bff, 0x7c00];
    const width = values.length;
    const parameters = { stages: [{ depth: 1, width, groupWidth: width }] };
    const net = randomNetwork(SEED, { architecture: parameters });
    const tensors: Map<string, TensorSource & { data: Uint8Array }> = trunkAs('vissl', net);
    const bn = '_feature_blocks.res2.block1-0.f.a.1';
    const bytes = (array: Uint16Array | Float64Array) => new Uint8Array(array.buffer);
    tensors.set(`${bn}.weight`, { dtype: 'F16', shape: [width], data: bytes(Uint16Array.from(f16)) });
    tensors.set(`${bn}.running_mean`, { dtype: 'F64', shape: [width], data: bytes(Float64Array.from(values)) });
    const exact = values.filter((value) => value !== 65504);
    const bf16 = Uint16Array.from(new Uint32Array(Float32Array.from([...exact, 1]).buffer), (bits) => bits >>> 16);
    tensors.set(`${bn}.bias`, { dtype: 'BF16', shape: [width], data: bytes(bf16) });
    const out = fresh();
    await importCheckpoint({ from: await write(temporary.path, 'types', tensors), out });
    const read = (await new CheckpointStore(out).load()).tensors.get('trunk')!;
    const got = (name: string) => [
      ...new Float32Array(Uint8Array.from(read.tensor(`s1.b1.conv1.bn.${name}`).data).buffer),
    ];
    assert.deepEqual(got('weight'), values);
    assert.deepEqual(got('running_mean'), values);
    assert.deepEqual(got('bias'), [...exact, 1]);
  });

  const trunkWith = (name: string, tensor: TensorSource & { data: Uint8Array }) =>
    new Map([...trunkAs('vissl', network), [name, tensor] as const]);
  const four = f32([2, 2], new Float32Array(4));
  const refusals: [what: string, tensors: () => Tensors, code: string, message: RegExp][] = [
    ['names of something else', () => new Map([['conv1.weight', four]]), 'UNKNOWN_LAYOUT', /conv1\.weight/],
    [
      "a classifier in VISSL's heads",
      () => trunkWith('heads.0.clf.0.weight', four),
      'FOREIGN_TENSOR_UNUSED',
      /heads\.0\.clf.*--without-head/,
    ],
    [
      'a second tensor of the same place',
      () => trunkWith('trunk._feature_blocks.conv1.stem.1.bias', four),
      'FOREIGN_TENSOR_UNUSED',
      /second tensor for stem\.bn\.bias/,
    ],
    [
      'a head that does not fit the trunk',
      () => trunkWith('heads.0.projection_head.0.weight', four),
      'FOREIGN_TENSOR_SHAPE',
      /head\.0\.weight.*\[2,2\]/,
    ],
    [
      'whole numbers for weights',
      () => trunkWith('_feature_blocks.conv1.stem.1.bias', { dtype: 'I32', shape: [32], data: new Uint8Array(128) }),
      'FOREIGN_TENSOR_SHAPE',
      /type I32/,
    ],
  ];
  for (const [what, tensors, code, message] of refusals) {
    it(`${what}: refused, and no checkpoint is left`, async () => {
      const out = fresh();
      await assert.rejects(importCheckpoint({ from: await write(temporary.path, code, tensors()), out }), {
        code,
        message,
      });
      assert.deepEqual(existsSync(out) ? readdirSync(out).filter((name) => !name.startsWith('.tmp-')) : [], []);
    });
  }

  it('--without-head takes the trunk beside a head of another kind', async () => {
    const out = fresh();
    const from = await write(temporary.path, 'finetuned', trunkWith('heads.0.clf.0.weight', four));
    const { leftOut } = await importCheckpoint({ from, out, withoutHead: true });
    assert.deepEqual(leftOut, ['heads.0.clf.0.weight']);
    await assertValues(out, network, false);
  });

  it('a pickle is never opened', async () => {
    const zip = Buffer.from('PK\u0003\u0004 whatever follows');
    const bare = Buffer.from([0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]);
    for (const [i, bytes] of [zip, bare].entries()) {
      const from = path.join(temporary.path, `pickle-${i}.torch`);
      writeFileSync(from, bytes);
      await assert.rejects(importCheckpoint({ from, out: fresh() }), {
        code: 'PICKLE_REFUSED',
        message: /docs\/interchange\.md/,
      });
    }
  });

  it('a folder that holds something is not written into', async () => {
    const out = freshFolder();
    writeFileSync(path.join(out, 'latest'), 'step-00000007\n');
    const from = await write(temporary.path, 'full', trunkAs('timm', network));
    await assert.rejects(importCheckpoint({ from, out }), { code: 'CHECKPOINT_WRITE_FAILED', message: /not empty/ });
    assert.deepEqual(readdirSync(out), ['latest']);
  });

  for (const format of ['timm', 'torchvision'] as const) {
    it(`what is exported as ${format} comes back the same, from one rank and from three`, async () => {
      for (const save of [
        saveNetwork,
        (folder: string, step: number, net: RandomNetwork) => saveSharded(folder, step, net, 3),
      ]) {
        const [run, back] = [fresh(), fresh()];
        await save(run, 4, network);
        const file = path.join(temporary.path, `${format}-exported.safetensors`);
        await exportCheckpoint({ checkpoint: run, format, out: file });
        const { layout } = await importCheckpoint({ from: file, out: back });
        assert.equal(layout, format);
        await assertValues(back, network, false);
      }
    });
  }
});
