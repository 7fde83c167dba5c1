/** Checkpoints to a folder and to a real S3 server, and back: whole or not at all, whatever fails. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CreateMultipartUploadCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { DestinationError } from '../../../checkpoints/destinations/errors.ts';
import { checkAddress, openDestination } from '../../../checkpoints/destinations/open-destination.ts';
import { pullCheckpoint } from '../../../checkpoints/destinations/pull.ts';
import { pushCheckpoint } from '../../../checkpoints/destinations/push.ts';
import { CheckpointCopies } from '../../../training/checkpoints/checkpoint-copies.ts';
import { keepEnvironment } from '../../keep-environment.ts';
import { assertSame, contract, fresh, MIB, makeCheckpoint, NAMES, SEED, SMALL } from './contract.ts';
import { CREDENTIALS, FaultyProxy, findS3Server, S3_SERVER, S3Server } from './s3-server.ts';

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
  const restoreEnvironment = keepEnvironment();
  const LARGE = { 'state.json': 200, 'trunk.safetensors': 83 * MIB + 17 };
  const PARTS = 6;

  before(async () => {
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
    await server.start();
    proxy = await FaultyProxy.start(() => server.port);
    Object.assign(process.env, CREDENTIALS, {
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: proxy.url,
      AWS_MAX_ATTEMPTS: '3',
    });
  });
  after(async () => {
    restoreEnvironment();
    await proxy.stop();
    await server.kill();
  });
  afterEach(() => proxy.reset());

  const open = () => {
    prefix = `runs/${path.basename(fresh())}`;
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

  it('a part that is there with other contents is sent again', async () => {
    const destination = await open();
    const entry = makeCheckpoint(1, LARGE);
    const [, sha256] = /^(\w+) {2}trunk/m.exec(readFileSync(path.join(entry.path, 'SHA256SUMS'), 'utf8'))!;
    const client = new S3Client({ forcePathStyle: true });
    const key = { Bucket: 'checkpoints', Key: `${prefix}/checkpoints/step-00000001/trunk.safetensors` };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...key, Metadata: { sha256: sha256! } }));
    const wrong = Buffer.alloc(16 * MIB);
    await client.send(new UploadPartCommand({ ...key, UploadId, PartNumber: 2, Body: wrong }));
    client.destroy();
    proxy.reset();
    await pushCheckpoint(entry, destination);
    assert.deepEqual([proxy.count('CreateMultipartUpload'), proxy.count('UploadPart')], [0, PARTS]);
    assertSame((await pullCheckpoint(destination, fresh())).path, entry.path);
  });

  it('an upload that was begun for other contents does not end as this one', async () => {
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
    const address = `s3://checkpoints/runs/${path.basename(fresh())}`;
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
