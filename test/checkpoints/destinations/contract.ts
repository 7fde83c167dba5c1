/** What every destination promises, and checkpoints' folders to try it with. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatChecksums } from '../../../checkpoints/checksums.ts';
import type { Destination } from '../../../checkpoints/destinations/destination.ts';
import type { DestinationError } from '../../../checkpoints/destinations/errors.ts';
import { pullCheckpoint } from '../../../checkpoints/destinations/pull.ts';
import { pushCheckpoint } from '../../../checkpoints/destinations/push.ts';
import type { CheckpointError } from '../../../checkpoints/errors.ts';
import type { CheckpointEntry } from '../../../checkpoints/open-checkpoint.ts';
import { AuspexError } from '../../../errors.ts';
import { uniform } from '../../random.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';

export const SEED = 47;
export const MIB = 2 ** 20;
const temporary = temporaryFolder();
after(() => temporary.remove());
let folders = 0;
/** A name that nothing has yet. */
export const fresh = () => path.join(temporary.path, String(folders++));

/** A checkpoint's folder with files of random bytes. */
export function makeCheckpoint(step: number, sizes: Readonly<Record<string, number>>, seed = SEED): CheckpointEntry {
  const folder = fresh();
  mkdirSync(folder);
  const random = uniform(seed + step);
  const sums = new Map<string, string>();
  for (const [name, bytes] of Object.entries(sizes)) {
    const block = Buffer.from(Uint8Array.from({ length: 4096 }, () => 256 * random()));
    const content = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at += block.length) {
      // So that no two blocks, and no two parts of an upload, are equal.
      block.writeUInt32LE(at, 0);
      block.copy(content, at);
    }
    writeFileSync(path.join(folder, name), content);
    sums.set(name, createHash('sha256').update(content).digest('hex'));
  }
  writeFileSync(path.join(folder, 'SHA256SUMS'), formatChecksums(sums));
  return { step, path: folder };
}

export const SMALL = { 'state.json': 200, 'trunk.safetensors': 70_000, 'head.safetensors': 5_000 };
export const NAMES = ['SHA256SUMS', ...Object.keys(SMALL)].sort();

export function assertSame(one: string, other: string) {
  assert.deepEqual(readdirSync(one).sort(), readdirSync(other).sort());
  for (const name of readdirSync(one)) {
    assert.ok(
      readFileSync(path.join(one, name)).equals(readFileSync(path.join(other, name))),
      `${name} (seed ${SEED})`,
    );
  }
}

/** What every destination promises. @param fileOf a file behind an object's name */
export function contract(open: () => Promise<Destination>, fileOf: (name: string) => string) {
  let destination: Destination;
  beforeEach(async () => {
    destination = await open();
  });
  afterEach(() => destination.close());
  const remote = (step: number, name = '') => path.join('checkpoints', `step-${String(step).padStart(8, '0')}`, name);
  const rejects = (promise: Promise<unknown>, code: string, message: RegExp) =>
    assert.rejects(promise, (error: CheckpointError | DestinationError) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    });

  it('a checkpoint comes back as it was, and is the latest', async () => {
    const entry = makeCheckpoint(3, SMALL);
    const pushed = await pushCheckpoint(entry, destination);
    assert.deepEqual([pushed.isLatest, pushed.files.map(({ name }) => name).sort()], [true, Object.keys(SMALL).sort()]);
    assert.equal(pushed.files.at(-1)!.name, 'state.json');
    const out = fresh();
    const pulled = await pullCheckpoint(destination, out);
    assert.deepEqual([pulled.step, readdirSync(out).sort()], [3, ['latest', 'step-00000003']]);
    assertSame(pulled.path, entry.path);
    assert.equal(readFileSync(path.join(out, 'latest'), 'utf8'), 'step-00000003\n');
  });

  it('pushing again sends nothing, and repairs what was lost', async () => {
    const entry = makeCheckpoint(3, SMALL);
    await pushCheckpoint(entry, destination);
    const sent = async () => (await pushCheckpoint(entry, destination)).files.filter(({ sentBytes }) => sentBytes > 0);
    assert.deepEqual(await sent(), []);
    await destination.remove(remote(3, 'head.safetensors'));
    assert.deepEqual(
      (await sent()).map(({ name }) => name),
      ['head.safetensors'],
    );
    assertSame((await pullCheckpoint(destination, fresh())).path, entry.path);
  });

  it('a missing object is no checkpoint, and is named', async () => {
    await pushCheckpoint(makeCheckpoint(3, SMALL), destination);
    await destination.remove(remote(3, 'trunk.safetensors'));
    const out = fresh();
    await rejects(
      pullCheckpoint(destination, out),
      'CHECKPOINT_DAMAGED',
      /step-00000003\/trunk\.safetensors: is missing/,
    );
    assert.deepEqual(
      readdirSync(out).filter((name) => !name.startsWith('.tmp-')),
      [],
    );
  });

  it('a wrong checksum is no checkpoint, and is named; what came whole is not fetched again', async () => {
    const entry = makeCheckpoint(3, SMALL);
    await pushCheckpoint(entry, destination);
    const file = fileOf(remote(3, 'trunk.safetensors'));
    const content = readFileSync(file);
    content[41_234]! ^= 1;
    writeFileSync(file, content);
    const out = fresh();
    await rejects(
      pullCheckpoint(destination, out),
      'CHECKPOINT_DAMAGED',
      /trunk\.safetensors: differs from its checksum/,
    );
    assert.deepEqual(
      readdirSync(out).filter((name) => !name.startsWith('.tmp-')),
      [],
    );
    content[41_234]! ^= 1;
    writeFileSync(file, content);
    assertSame((await pullCheckpoint(destination, out)).path, entry.path);
  });

  it('a damaged checkpoint here is not pushed', async () => {
    const entry = makeCheckpoint(3, SMALL);
    appendFileSync(path.join(entry.path, 'head.safetensors'), 'x');
    await rejects(pushCheckpoint(entry, destination), 'CHECKPOINT_DAMAGED', /head\.safetensors: differs/);
    assert.equal(await destination.read(remote(3, 'state.json')), undefined);
  });

  it('what was not copied to its end is none: neither the latest, nor by its step', async () => {
    await pushCheckpoint(makeCheckpoint(3, SMALL), destination);
    await pushCheckpoint(makeCheckpoint(5, SMALL), destination);
    await destination.remove(remote(5, 'SHA256SUMS'));
    await rejects(pullCheckpoint(destination, fresh(), { step: 5 }), 'CHECKPOINT_NOT_FOUND', /not copied to its end/);
    assert.equal((await pullCheckpoint(destination, fresh(), { step: 3 })).step, 3);
    await rejects(pullCheckpoint(await open(), fresh()), 'CHECKPOINT_NOT_FOUND', /names no checkpoint/);
  });

  it('latest goes back only for a run that went back', async () => {
    await pushCheckpoint(makeCheckpoint(5, SMALL), destination);
    assert.equal((await pushCheckpoint(makeCheckpoint(3, SMALL), destination)).isLatest, false);
    assert.equal((await pullCheckpoint(destination, fresh())).step, 5);
    assert.equal((await pushCheckpoint(makeCheckpoint(3, SMALL), destination, { latest: 'always' })).isLatest, true);
    assert.equal((await pullCheckpoint(destination, fresh())).step, 3);
  });

  it('another checkpoint of a step replaces the one before, here only by hand', async () => {
    const [first, second] = [
      makeCheckpoint(3, SMALL),
      makeCheckpoint(3, { ...SMALL, 'head.safetensors': 6_000 }, SEED + 1),
    ];
    await pushCheckpoint(first, destination);
    const out = fresh();
    await pullCheckpoint(destination, out);
    await pushCheckpoint(second, destination);
    await rejects(pullCheckpoint(destination, out), 'CHECKPOINT_WRITE_FAILED', /another checkpoint of this step/);
    assertSame(path.join(out, 'step-00000003'), first.path);
    assertSame((await pullCheckpoint(destination, fresh())).path, second.path);
  });

  it('a folder here that is gone is no object that is missing there', async () => {
    await pushCheckpoint(makeCheckpoint(3, SMALL), destination);
    await assert.rejects(destination.download(remote(3, 'state.json'), path.join(fresh(), 'state.json')), AuspexError);
  });

  it('a disk that is full here is no failure of the destination', async function () {
    await pushCheckpoint(makeCheckpoint(3, SMALL), destination);
    const disk = fresh();
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]).status !== 0) return this.skip();
    try {
      const downloaded = destination.download(remote(3, 'trunk.safetensors'), path.join(disk, 'trunk'));
      await rejects(downloaded, 'CHECKPOINT_WRITE_FAILED', /trunk: cannot be written: the disk is full/);
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  it('names that are not there are undefined, and removing them is no error', async () => {
    const name = 'checkpoints/nothing';
    assert.equal(await destination.read(name), undefined);
    assert.equal(await destination.identify(name), undefined);
    assert.equal(await destination.download(name, fresh()), undefined);
    await destination.remove(name);
  });
}
