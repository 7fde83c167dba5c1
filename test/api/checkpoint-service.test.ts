/** CheckpointService of a real server. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, openSync, readFileSync, symlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { startTrainedServer, type TrainedServer } from './trained-server.ts';

describe('CheckpointService', function () {
  this.timeout(120_000);
  let server: TrainedServer;

  before(async () => {
    server = await startTrainedServer();
  });
  after(() => server.close());

  it('lists a run, and says what its checkpoint holds', async () => {
    const { checkpoints } = await server.client.checkpoints.listCheckpoints({ run: server.run });
    assert.deepEqual(
      checkpoints.map(({ step, problem }) => [step, problem]),
      [
        [20, ''],
        [40, ''],
      ],
    );
    assert.deepEqual(checkpoints[1]!.keptBecause, ['latest', 'last']);
    const contents = await server.client.checkpoints.inspectCheckpoint({ checkpoint: server.run });
    assert.equal(contents.step, 40);
    const stem = contents.tensors.find(({ name }) => name === 'trunk.stem.conv.weight');
    assert.deepEqual([stem?.dtype, stem?.shape], ['F32', [32, 3, 3, 3]]);
    assert.ok(contents.files.some(({ name, bytes, sha256 }) => name === 'trunk.safetensors' && bytes! > 0 && sha256));
  });

  it('gives files byte for byte, and goes on with one that broke', async () => {
    const { path: folder, files } = await server.client.checkpoints.inspectCheckpoint({ checkpoint: server.run });
    for (const { name, bytes, sha256 } of files) {
      const parts: Uint8Array[] = [];
      const half = Math.floor(bytes! / 2);
      for (const [offset, end] of [
        [0, half],
        [half, bytes!],
      ] as const) {
        let at = offset;
        for await (const chunk of server.client.checkpoints.readFile({ checkpoint: folder, file: name, offset })) {
          assert.equal(chunk.offset, at);
          parts.push(chunk.data.slice(0, end - at));
          at += chunk.data.length;
          if (at >= end) break;
        }
      }
      const whole = Buffer.concat(parts);
      assert.ok(whole.equals(readFileSync(path.join(folder, name!))));
      if (sha256) assert.equal(createHash('sha256').update(whole).digest('hex'), sha256);
    }
  });

  it('verifies, and names the damage to file and tensor', async () => {
    const verify = async (checkpoint: string) => {
      let result: { good?: boolean | null; problems?: string[] | null } | null | undefined;
      for await (const step of server.client.checkpoints.verifyCheckpoint({ checkpoint })) result = step.result;
      return result!;
    };
    assert.deepEqual({ ...(await verify(server.run)) }, { good: true, problems: [] });
    const copy = path.join(server.place.root, 'copy', 'step-00000040');
    cpSync(path.join(server.run, 'checkpoints', 'step-00000040'), copy, { recursive: true });
    const file = path.join(copy, 'trunk.safetensors');
    writeSync(openSync(file, 'r+'), new Uint8Array([7, 7, 7, 7]), 0, 4, readFileSync(file).length - 8);
    const { good, problems } = await verify(copy);
    assert.equal(good, false);
    assert.match(problems![0]!, /^trunk\.safetensors, .+: differs from its checksum/);
  });

  it('gives nothing from elsewhere', async () => {
    const { checkpoints } = server.client;
    symlinkSync('/etc', path.join(server.place.root, 'link'));
    const refused: [call: () => Promise<unknown>, code: string, status: number][] = [
      [() => checkpoints.listCheckpoints({ run: '/etc' }), 'OUTSIDE_ROOTS', status.PERMISSION_DENIED],
      [
        () => checkpoints.listCheckpoints({ run: path.join(server.place.root, 'link') }),
        'OUTSIDE_ROOTS',
        status.PERMISSION_DENIED,
      ],
      [() => checkpoints.inspectCheckpoint({ checkpoint: 'run' }), 'INVALID_JOB', status.INVALID_ARGUMENT],
      [
        () => checkpoints.inspectCheckpoint({ checkpoint: path.join(server.place.root, 'photos') }),
        'CHECKPOINT_NOT_FOUND',
        status.NOT_FOUND,
      ],
      [
        () => checkpoints.readFile({ checkpoint: server.run, file: '../../run.json' }).next(),
        'CHECKPOINT_NOT_FOUND',
        status.NOT_FOUND,
      ],
      [
        () => checkpoints.readFile({ checkpoint: server.run, file: 'state.json', offset: 2 ** 40 }).next(),
        'API_INVALID_REQUEST',
        status.INVALID_ARGUMENT,
      ],
    ];
    for (const [call, code, expected] of refused) await assert.rejects(call(), { code, status: expected });
  });

  it('follows no link within a checkpoint', async () => {
    const { checkpoints, embeddings } = server.client;
    const run = path.join(server.place.root, 'linked');
    cpSync(server.run, run, { recursive: true });
    const { path: checkpoint } = await checkpoints.inspectCheckpoint({ checkpoint: run });
    symlinkSync('/etc/hostname', path.join(checkpoint, 'name'));
    const outside = { code: 'OUTSIDE_ROOTS', status: status.PERMISSION_DENIED };
    await assert.rejects(checkpoints.inspectCheckpoint({ checkpoint: run }), outside);
    await assert.rejects(checkpoints.readFile({ checkpoint: run, file: 'name' }).next(), outside);
    const [{ data }] = server.photos as typeof server.photos & [(typeof server.photos)[0]];
    await assert.rejects(embeddings.embed({ encoder: { checkpoint: run }, images: [{ data }] }), outside);
  });
});
