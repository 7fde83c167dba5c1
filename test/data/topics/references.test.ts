/** Images that messages refer to: what may be read, what may not, and what is noticed. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { openS3Objects } from '../../../checkpoints/destinations/s3-objects.ts';
import type { ImageReference } from '../../../data/topics/image-message.ts';
import { openReferences, type References } from '../../../data/topics/references.ts';
import { CREDENTIALS, findS3Server, S3_SERVER, S3Server } from '../../checkpoints/destinations/s3-server.ts';
import { keepEnvironment } from '../../keep-environment.ts';
import { uniform } from '../../random.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';

const SEED = 11;

function randomBytes(count: number, seed = SEED): Uint8Array {
  const random = uniform(seed);
  return Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** Files that this process has open: this one, or those below it. */
function openBelow(place: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(place);
    } catch {
      return false; // closed a moment ago
    }
  }).length;
}

describe('references', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const shard = randomBytes(100_000);
  const opened: References[] = [];
  const open = async (options: Parameters<typeof openReferences>[0] = { roots: [at('shards')] }) => {
    opened.push(await openReferences(options));
    return opened.at(-1)!;
  };
  /** Reads what lies there, as if it were what the message means. */
  const read = async (references: References, reference: ImageReference, expected = shard) =>
    references.read(
      reference,
      sha256(expected.subarray(reference.offset, Math.max(0, reference.offset + reference.length))),
    );

  before(() => {
    mkdirSync(at('shards', 'deep'), { recursive: true });
    mkdirSync(at('shards-of-others'));
    writeFileSync(at('shards', 'deep', 'a.tar'), shard);
    writeFileSync(at('shards-of-others', 'secret'), shard);
  });
  afterEach(() => Promise.all(opened.splice(0).map((references) => references.close())));
  after(() => temporary.remove());

  it('reads any stretch of a file below a root', async () => {
    const references = await open();
    const random = uniform(SEED);
    for (let i = 0; i < 50; i++) {
      const offset = Math.floor(random() * 99_000);
      const length = 1 + Math.floor(random() * 1000);
      const bytes = await read(references, { shard: at('shards', 'deep', 'a.tar'), offset, length });
      assert.deepEqual(bytes, shard.slice(offset, offset + length), `seed ${SEED}`);
    }
    const all = { shard: at('shards', 'deep', '..', 'deep', 'a.tar'), offset: 0, length: 100_000 };
    assert.deepEqual(await read(references, all), shard);
  });

  it('reads nothing outside the roots, whatever the path or a link says', async () => {
    symlinkSync(at('shards-of-others'), at('shards', 'way-out'));
    symlinkSync(at('shards-of-others', 'secret'), at('shards', 'secret.tar'));
    symlinkSync(at('shards', 'deep', 'a.tar'), at('shards-of-others', 'back.tar'));
    const references = await open();
    for (const file of [
      at('shards-of-others', 'secret'),
      `${at('shards')}/../shards-of-others/secret`,
      at('shards', 'way-out', 'secret'),
      at('shards', 'secret.tar'),
      '/etc/hostname',
      '/proc/self/environ',
      at('shards'),
    ]) {
      const result = read(references, { shard: file, offset: 0, length: 10 });
      await assert.rejects(result, { name: 'ImageReferenceError', code: 'REFERENCE_NOT_ALLOWED' }, file);
    }
    // What counts is where the file lies, and not by which way it is reached.
    await read(references, { shard: at('shards-of-others', 'back.tar'), offset: 0, length: 10 });
    const none = await open({ roots: [] });
    await assert.rejects(read(none, { shard: at('shards', 'deep', 'a.tar'), offset: 0, length: 10 }), {
      code: 'REFERENCE_NOT_ALLOWED',
      message: /none is/,
    });
  });

  it('follows a root that is itself a link', async () => {
    symlinkSync(at('shards'), at('linked-root'));
    const references = await open({ roots: [at('linked-root')] });
    await read(references, { shard: at('linked-root', 'deep', 'a.tar'), offset: 5, length: 10 });
    await read(references, { shard: at('shards', 'deep', 'a.tar'), offset: 5, length: 10 });
  });

  it('says what cannot be read', async () => {
    const references = await open();
    const cases: [ImageReference, string, RegExp][] = [
      [{ shard: at('shards', 'gone.tar'), offset: 0, length: 1 }, 'REFERENCE_UNREADABLE', /gone\.tar.*ENOENT/],
      [{ shard: at('shards', 'deep'), offset: 0, length: 1 }, 'REFERENCE_UNREADABLE', /no regular file/],
      [{ shard: at('shards', 'deep', 'a.tar'), offset: 99_999, length: 2 }, 'REFERENCE_UNREADABLE', /100000 bytes/],
      [{ shard: 'shards/deep/a.tar', offset: 0, length: 1 }, 'REFERENCE_INVALID', /absolute/],
      [{ shard: 'https://example.org/a.tar', offset: 0, length: 1 }, 'REFERENCE_INVALID', /absolute/],
      [{ shard: 's3://bucket', offset: 0, length: 1 }, 'REFERENCE_INVALID', /bucket\/key/],
      [{ shard: 's3://bucket/key', offset: 0, length: 1 }, 'REFERENCE_NOT_ALLOWED', /none is/],
      [{ shard: '', offset: 0, length: 1 }, 'REFERENCE_INVALID', /absolute/],
      [{ shard: `${at('shards')}/\0`, offset: 0, length: 1 }, 'REFERENCE_UNREADABLE', /null bytes/],
      [{ shard: at('shards', 'deep', 'a.tar'), offset: 0, length: 0 }, 'REFERENCE_INVALID', /1 to 1073741824/],
      [{ shard: at('shards', 'deep', 'a.tar'), offset: -1, length: 5 }, 'REFERENCE_INVALID', /1 to/],
      [{ shard: at('shards', 'deep', 'a.tar'), offset: 0, length: 2 ** 40 }, 'REFERENCE_INVALID', /1 to/],
      [{ shard: at('shards', 'deep', 'a.tar'), offset: Number.NaN, length: 5 }, 'REFERENCE_INVALID', /1 to/],
    ];
    for (const [reference, code, message] of cases) {
      await assert.rejects(read(references, reference), { code, message }, JSON.stringify(reference));
    }
    await assert.rejects(open({ roots: [at('no-folder')] }), { code: 'REFERENCE_UNREADABLE', message: /no-folder/ });
  });

  it('notices that the file is no longer the one that was published', async () => {
    const file = at('shards', 'changing.tar');
    writeFileSync(file, shard);
    const references = await open();
    const reference = { shard: file, offset: 10, length: 500 };
    await read(references, reference);
    const changed = shard.slice();
    changed[200]! ^= 1;
    writeFileSync(at('shards', 'new'), changed);
    renameSync(at('shards', 'new'), file);
    const again = await open();
    const error = { code: 'REFERENCE_CHANGED', message: /changing\.tar.*bytes 10 to 510/ };
    await assert.rejects(read(again, reference), error);
    appendFileSync(file, 'more');
    await read(again, { ...reference, offset: 201 });
  });

  it('reads the file that has come to the place of the one that was open', async () => {
    const file = at('shards', 'replaced.bin');
    const place = (bytes: Uint8Array) => {
      writeFileSync(at('shards', 'next'), bytes);
      renameSync(at('shards', 'next'), file);
    };
    const references = await open();
    place(shard.subarray(0, 500));
    await read(references, { shard: file, offset: 0, length: 500 });
    const longer = randomBytes(100_000, SEED + 1);
    place(longer);
    // Beyond the end of the old one, and where both have bytes; by several at once.
    const wanted = [400, 90_000, 0, 10].map((offset) => ({ shard: file, offset, length: 100 }));
    const found = await Promise.all(wanted.map((reference) => read(references, reference, longer)));
    for (const [i, { offset }] of wanted.entries()) assert.deepEqual(found[i], longer.slice(offset, offset + 100));
    assert.equal(openBelow(file), 1);
    // What the old one had is told of as before.
    await assert.rejects(read(references, wanted[2]!), { code: 'REFERENCE_CHANGED' });
    rmSync(file);
    await assert.rejects(read(references, wanted[2]!), { code: 'REFERENCE_CHANGED' });
    place(shard);
    await read(references, wanted[2]!);
    await references.close();
    assert.equal(openBelow(file), 0);
  });

  it('keeps no more files open than it may, however many read at once', async () => {
    const count = 60;
    const files = Array.from({ length: count }, (_, i) => at('shards', `${i}.bin`));
    for (const [i, file] of files.entries()) writeFileSync(file, randomBytes(50_000, i));
    const references = await open({ roots: [at('shards')], maximumOpenFiles: 5 });
    const openNow = () => openBelow(at('shards'));
    let most = 0;
    const random = uniform(SEED);
    await Promise.all(
      Array.from({ length: 300 }, async () => {
        const i = Math.floor(random() * count);
        const offset = Math.floor(random() * 40_000);
        const bytes = await read(references, { shard: files[i]!, offset, length: 1000 }, randomBytes(50_000, i));
        most = Math.max(most, openNow());
        assert.equal(bytes.byteLength, 1000);
      }),
    );
    // One more while it takes the place of another.
    assert.ok(most >= 2 && most <= 2 * 5, `${most} files were open, seed ${SEED}`);
    assert.ok(openNow() <= 5, `${openNow()} files are open`);
    await references.close();
    assert.equal(openNow(), 0);
  });
});

describe('references into S3', () => {
  const program = findS3Server();
  if (program === undefined) {
    it(`(pending: versitygw is missing; go install ${S3_SERVER})`);
    return;
  }
  const temporary = temporaryFolder();
  const restoreEnvironment = keepEnvironment();
  const server = new S3Server(program, temporary.path);
  before(async () => {
    await server.start();
    Object.assign(process.env, CREDENTIALS, {
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${server.port}`,
      AWS_MAX_ATTEMPTS: '1',
    });
  });
  after(async () => {
    restoreEnvironment();
    await server.kill();
    temporary.remove();
  });

  it('reads ranges of objects in the buckets that are allowed', async () => {
    const shard = randomBytes(50_000);
    mkdirSync(path.dirname(server.fileOf('a/b.tar')), { recursive: true });
    writeFileSync(server.fileOf('a/b.tar'), shard);
    const objects = await openS3Objects();
    const s3 = { buckets: ['checkpoints'], read: objects.readRange };
    const references = await openReferences({ roots: [], s3 });
    const image = shard.subarray(1000, 3000);
    const reference = { shard: 's3://checkpoints/a/b.tar', offset: 1000, length: 2000 };
    assert.deepEqual(await references.read(reference, sha256(image)), image.slice());
    await assert.rejects(references.read({ ...reference, offset: 1001 }, sha256(image)), { code: 'REFERENCE_CHANGED' });
    await assert.rejects(references.read({ ...reference, offset: 49_000 }, sha256(image)), {
      code: 'REFERENCE_UNREADABLE',
      message: /1000 bytes came/,
    });
    const gone = { ...reference, shard: 's3://checkpoints/a/gone.tar' };
    await assert.rejects(references.read(gone, sha256(image)), { code: 'REFERENCE_UNREADABLE', message: /gone\.tar/ });
    const other = { ...reference, shard: 's3://others/a/b.tar' };
    await assert.rejects(references.read(other, sha256(image)), { code: 'REFERENCE_NOT_ALLOWED', message: /others/ });
    await references.close();
    objects.close();
  });
});
