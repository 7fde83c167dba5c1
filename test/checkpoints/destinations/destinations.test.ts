/** Checkpoints to a folder and to a real S3 server, and back: whole or not at all, whatever fails. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatChecksums } from '../../../checkpoints/checksums.ts';
import { checkAddress, type Destination, openDestination } from '../../../checkpoints/destinations/destination.ts';
import { DestinationError } from '../../../checkpoints/destinations/errors.ts';
import { pullCheckpoint } from '../../../checkpoints/destinations/pull.ts';
import { pushCheckpoint } from '../../../checkpoints/destinations/push.ts';
import type { CheckpointError } from '../../../checkpoints/errors.ts';
import type { CheckpointEntry } from '../../../checkpoints/open-checkpoint.ts';
import { CheckpointCopies } from '../../../training/checkpoint-copies.ts';
import { uniform } from '../../random.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { CREDENTIALS, FaultyProxy, findS3Server, S3_SERVER, S3Server } from './s3-server.ts';

const SEED = 47;
const MIB = 2 ** 20;
const temporary = temporaryFolder();
after(() => temporary.remove());
let folders = 0;
const fresh = () => path.join(temporary.path, String(folders++));

/** A checkpoint's folder with files of random bytes. */
function makeCheckpoint(step: number, sizes: Readonly<Record<string, number>>, seed = SEED): CheckpointEntry {
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

const SMALL = { 'state.json': 200, 'trunk.safetensors': 70_000, 'head.safetensors': 5_000 };
const NAMES = ['SHA256SUMS', ...Object.keys(SMALL)].sort();

function assertSame(one: string, other: string) {
  assert.deepEqual(readdirSync(one).sort(), readdirSync(other).sort());
  for (const name of readdirSync(one)) {
    assert.ok(
      readFileSync(path.join(one, name)).equals(readFileSync(path.join(other, name))),
      `${name} (seed ${SEED})`,
    );
  }
}

/** What every destination promises. @param fileOf a file behind an object's name */
function contract(open: () => Promise<Destination>, fileOf: (name: string) => string) {
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

  it('names that are not there are undefined, and removing them is no error', async () => {
    const name = 'checkpoints/nothing';
    assert.equal(await destination.read(name), undefined);
    assert.equal(await destination.identify(name), undefined);
    assert.equal(await destination.download(name, fresh()), undefined);
    await destination.remove(name);
  });
}

describe('a folder as a destination', () => {
  let folder: string;
  const open = () => {
    folder = fresh();
    return openDestination(folder);
  };
  contract(open, (name) => path.join(folder, name));

  it('leaves nothing half written', async () => {
    await pushCheckpoint(makeCheckpoint(1, SMALL), await open());
    assert.deepEqual(readdirSync(path.join(folder, 'checkpoints', 'step-00000001')).sort(), NAMES);
  });

  it('that cannot be written to is an error that names it', async () => {
    const file = fresh();
    writeFileSync(file, '');
    const pushed = pushCheckpoint(makeCheckpoint(1, SMALL), await openDestination(path.join(file, 'below')));
    await assert.rejects(pushed, (error: Error) => error instanceof DestinationError && error.message.includes(file));
  });
});

describe('addresses of destinations', () => {
  it('are folders, or buckets with a prefix', () => {
    for (const address of ['backups', '/mnt/backups', './s3', 's3://bucket', 's3://bucket/', 's3://my.bucket-1/a/b']) {
      checkAddress(address);
    }
    for (const address of [
      '',
      's3://',
      's3:///prefix',
      's3://Bucket/x',
      's3://b',
      'gs://bucket/x',
      'https://host/bucket',
    ]) {
      assert.throws(() => checkAddress(address), { code: 'DESTINATION_INVALID' }, address);
    }
  });
});

describe('an S3 server as a destination', () => {
  const program = findS3Server();
  if (program === undefined) {
    it(`(pending: versitygw is missing; go install ${S3_SERVER})`);
    return;
  }
  const server = new S3Server(program, fresh());
  let proxy: FaultyProxy;
  let prefix = '';
  const before_ = { ...process.env };
  const LARGE = { 'state.json': 200, 'trunk.safetensors': 83 * MIB + 17 };
  const PARTS = 6;

  before(async () => {
    await server.start();
    proxy = await FaultyProxy.start(() => server.port);
    Object.assign(process.env, CREDENTIALS, {
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: proxy.url,
      AWS_MAX_ATTEMPTS: '3',
    });
  });
  after(async () => {
    process.env = before_;
    await proxy.stop();
    await server.kill();
  });
  afterEach(() => proxy.reset());

  const open = () => {
    prefix = `runs/${folders++}`;
    return openDestination(`s3://checkpoints/${prefix}`);
  };
  contract(open, (name) => server.fileOf(`${prefix}/${name}`));

  const failsWith = (code: string, message: RegExp) => (error: Error) => {
    assert.ok(error instanceof DestinationError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };

  it('a large file goes up in parts, and comes back', async () => {
    const destination = await open();
    const entry = makeCheckpoint(1, LARGE);
    await pushCheckpoint(entry, destination);
    assert.equal(proxy.count('UploadPart'), PARTS);
    assertSame((await pullCheckpoint(destination, fresh())).path, entry.path);
  });

  it('the server is killed in the middle of an upload: nothing is there, and the next push sends what is missing', async () => {
    const destination = await open();
    const entry = makeCheckpoint(1, LARGE);
    let parts = 0;
    proxy.decide = async ({ operation }) => {
      if (operation === 'UploadPart' && ++parts === 5) await server.kill();
      return 'pass' as const;
    };
    await assert.rejects(
      pushCheckpoint(entry, destination),
      failsWith('DESTINATION_FAILED', /goes on where this one ended/),
    );
    proxy.reset();
    await server.start();
    await assert.rejects(pullCheckpoint(destination, fresh()), { code: 'CHECKPOINT_NOT_FOUND' });
    assert.ok(!existsSync(server.fileOf(`${prefix}/checkpoints/step-00000001/trunk.safetensors`)));

    const { files } = await pushCheckpoint(entry, destination);
    const trunk = files.find(({ name }) => name === 'trunk.safetensors')!;
    assert.ok(proxy.count('UploadPart') < PARTS, `${proxy.count('UploadPart')} of ${PARTS} parts were sent again`);
    assert.ok(trunk.sentBytes < trunk.bytes);
    assert.equal(proxy.count('CreateMultipartUpload'), 0);
    assertSame((await pullCheckpoint(destination, fresh())).path, entry.path);
  });

  it('a part that was sent with other contents is sent again', async () => {
    const destination = await open();
    proxy.decide = ({ operation }) => (operation === 'CompleteMultipartUpload' ? { status: 403 } : 'pass');
    await assert.rejects(
      pushCheckpoint(makeCheckpoint(1, LARGE), destination),
      failsWith('DESTINATION_DENIED', /may read and write/),
    );
    proxy.reset();
    const other = makeCheckpoint(1, LARGE, SEED + 1);
    await pushCheckpoint(other, destination);
    const sums = await destination.identify('checkpoints/step-00000001/trunk.safetensors');
    assert.ok(readFileSync(path.join(other.path, 'SHA256SUMS'), 'utf8').includes(sums!.sha256));
    assertSame((await pullCheckpoint(destination, fresh())).path, other.path);
  });

  it('errors 500 that pass are retried', async () => {
    const destination = await open();
    const entry = makeCheckpoint(1, LARGE);
    const failed = new Set<string>();
    proxy.decide = ({ operation, key }) => {
      // Each kind of request fails the first time.
      if (failed.has(operation)) return 'pass';
      failed.add(operation);
      return key === '' || key.startsWith(prefix) ? { status: 500 } : 'pass';
    };
    await pushCheckpoint(entry, destination);
    for (const operation of [
      'GetObject',
      'HeadObject',
      'PutObject',
      'CreateMultipartUpload',
      'UploadPart',
      'CompleteMultipartUpload',
    ]) {
      assert.ok(failed.has(operation), operation);
    }
    assertSame((await pullCheckpoint(destination, fresh())).path, entry.path);
  });

  it('errors 500 that do not pass are an error, and nothing is half there', async () => {
    const destination = await open();
    proxy.decide = ({ operation, key }) =>
      operation === 'PutObject' && key.endsWith('SHA256SUMS') ? { status: 500 } : 'pass';
    await assert.rejects(
      pushCheckpoint(makeCheckpoint(1, SMALL), destination),
      failsWith('DESTINATION_FAILED', /SHA256SUMS/),
    );
    assert.equal(proxy.requests.filter(({ key }) => key.endsWith('SHA256SUMS') && key !== '').length, 1 + 3);
    await assert.rejects(pullCheckpoint(destination, fresh()), { code: 'CHECKPOINT_NOT_FOUND' });
  });

  it('a download that is cut off goes on where it broke', async () => {
    const destination = await open();
    const entry = makeCheckpoint(1, LARGE);
    await pushCheckpoint(entry, destination);
    let cuts = 0;
    proxy.decide = ({ operation, key }) =>
      operation === 'GetObject' && key.endsWith('trunk.safetensors') && cuts++ < 2 ? { cutAfter: 11 * MIB } : 'pass';
    assertSame((await pullCheckpoint(destination, fresh())).path, entry.path);
    assert.equal(cuts, 3);
  });

  it('a pull that fails in the middle goes on with the files that are missing', async () => {
    const destination = await open();
    const entry = makeCheckpoint(1, SMALL);
    await pushCheckpoint(entry, destination);
    proxy.decide = ({ operation, key }) =>
      operation === 'GetObject' && key.endsWith('head.safetensors') ? { status: 503 } : 'pass';
    const out = fresh();
    await assert.rejects(pullCheckpoint(destination, out), failsWith('DESTINATION_FAILED', /head\.safetensors/));
    assert.ok(!existsSync(path.join(out, 'latest')));
    proxy.reset();
    assertSame((await pullCheckpoint(destination, out)).path, entry.path);
    const fetched = proxy.requests.filter(({ key }) => /trunk|state/.test(key));
    assert.deepEqual(fetched, []);
  });

  it('copies in the background outlast a server that is away for a while', async () => {
    const entry = makeCheckpoint(1, SMALL);
    const warnings: string[] = [];
    const address = `s3://checkpoints/runs/${folders++}`;
    const options = { address, run: fresh(), onWarning: (message: string) => warnings.push(message) };
    const copies = new CheckpointCopies({ ...options, pauses: [1, 1] });
    await server.kill();
    // Back before the last attempt.
    proxy.decide = async () => {
      if (proxy.requests.length === 4) await server.start();
      return 'pass' as const;
    };
    copies.published(entry);
    await copies.finish();
    assert.deepEqual(warnings, []);
    const destination = await openDestination(address);
    assertSame((await pullCheckpoint(destination, fresh())).path, entry.path);

    proxy.decide = () => ({ status: 500 });
    copies.published(makeCheckpoint(2, SMALL));
    await copies.finish();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /step 2 could not be copied/);
  });

  it('no bucket, no rights and no server are told apart', async () => {
    const push = async (address: string) => {
      const destination = await openDestination(address);
      return pushCheckpoint(makeCheckpoint(1, SMALL), destination).finally(() => destination.close());
    };
    await assert.rejects(push('s3://nowhere/x'), failsWith('DESTINATION_NOT_FOUND', /nowhere.*make the bucket/));
    process.env['AWS_SECRET_ACCESS_KEY'] = 'another';
    await assert.rejects(push('s3://checkpoints/x'), failsWith('DESTINATION_DENIED', /AWS_SECRET_ACCESS_KEY/));
    Object.assign(process.env, CREDENTIALS, { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' });
    await assert.rejects(push('s3://checkpoints/x'), failsWith('DESTINATION_FAILED', /ECONNREFUSED/));
    process.env['AWS_ENDPOINT_URL_S3'] = proxy.url;
  });
});
