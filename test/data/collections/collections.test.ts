/** Collections by what a user names, and the order in which they are read. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openS3Objects, type S3Objects } from '../../../checkpoints/destinations/s3-objects.ts';
import type { CollectedImage, Collection, Rejection } from '../../../data/collections/collection.ts';
import { openCollection } from '../../../data/collections/open-collection.ts';
import { type CollectionOrder, readCollections } from '../../../data/collections/read-collections.ts';
import {
  CREDENTIALS,
  FaultyProxy,
  findS3Server,
  S3_SERVER,
  S3Server,
} from '../../checkpoints/destinations/s3-server.ts';
import { keepEnvironment } from '../../keep-environment.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { numberedJpeg } from '../numbered-jpeg.ts';
import { type Member, tarOf } from './tar.ts';

const noStore = () => Promise.reject(new Error('no store is needed'));

async function read(collections: readonly Collection[], order: CollectionOrder = { kind: 'name' }) {
  const images: CollectedImage[] = [];
  const rejected: Rejection[] = [];
  for await (const item of readCollections(collections, order)) {
    if (item.kind === 'image') images.push(item);
    else rejected.push(item);
  }
  return { images, rejected, names: images.map(({ name }) => name) };
}

/** Writes a tree of files. */
async function writeAll(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
}

async function shardOf(first: number, count: number): Promise<Buffer> {
  const members = Array.from({ length: count }, async (_, i): Promise<Member> => {
    return [`${first + i}.jpg`, await numberedJpeg(first + i)];
  });
  return tarOf(await Promise.all(members));
}

describe('collections', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const open = (...parts: string[]) => openCollection(at(...parts), noStore);
  before(async () => {
    await writeAll(at('photos'), {
      'cats/1.jpg': await numberedJpeg(1),
      'cats/small/2.jpg': await numberedJpeg(2),
      'dogs/3.jpg': await numberedJpeg(3),
      '4.jpg': await numberedJpeg(4),
      'dogs/notes.txt': 'none',
    });
    await writeAll(at('shards'), { 'b/1.tar': await shardOf(100, 5), '0.TAR': await shardOf(200, 3) });
    symlinkSync(at('shards', '0.TAR'), at('shards', 'c.tar'));
    await writeAll(at('mixed'), { '0.tar': await shardOf(300, 2), '1.jpg': await numberedJpeg(1) });
  });
  after(() => temporary.remove());

  it('of a folder: places, and the first folder as the class', async () => {
    const photos = await open('photos');
    const { images, names } = await read([photos]);
    assert.deepEqual(names, ['4.jpg', 'cats/1.jpg', 'cats/small/2.jpg', 'dogs/3.jpg']);
    assert.deepEqual(
      images.map(({ labels }) => labels['class']),
      [undefined, 'cats', 'cats', 'dogs'],
    );
    const bytes = await numberedJpeg(3);
    assert.ok(bytes.equals(images[3]!.bytes));
    assert.deepEqual(images[3]!.place, { shard: at('photos', 'dogs', '3.jpg'), offset: 0, length: bytes.byteLength });
    assert.deepEqual(
      photos.passedOver.first.map(({ name, code }) => [name, code]),
      [['dogs/notes.txt', 'NOT_AN_IMAGE']],
    );
  });

  it('of a folder of shards, links to shards among them', async () => {
    const { names } = await read([await open('shards')]);
    assert.deepEqual(
      names,
      [200, 201, 202]
        .map((number) => `0.TAR/${number}.jpg`)
        .concat(
          [100, 101, 102, 103, 104].map((number) => `b/1.tar/${number}.jpg`),
          [200, 201, 202].map((number) => `c.tar/${number}.jpg`),
        ),
    );
  });

  it('of one shard', async () => {
    const { names, images } = await read([await open('shards', 'b', '1.tar')]);
    assert.deepEqual(names, ['1.tar/100.jpg', '1.tar/101.jpg', '1.tar/102.jpg', '1.tar/103.jpg', '1.tar/104.jpg']);
    assert.equal(images[0]!.place.shard, at('shards', 'b', '1.tar'));
  });

  it('of a folder that holds a shard among images: the shard is listed as passed over', async () => {
    const mixed = await open('mixed');
    assert.deepEqual((await read([mixed])).names, ['1.jpg']);
    assert.equal(mixed.passedOver.first[0]!.name, '0.tar');
  });

  it('that are none are refused', async () => {
    await assert.rejects(open('nowhere'), { code: 'BAD_SOURCE', message: /nowhere.*ENOENT/ });
    await assert.rejects(open('photos', '4.jpg'), { code: 'BAD_SOURCE', message: /neither a folder nor a tar shard/ });
    await assert.rejects(openCollection('s3://B', noStore), { code: 'BAD_SOURCE' });
    await assert.rejects(openCollection('https://example.org/x', noStore), { code: 'BAD_SOURCE' });
    mkdirSync(at('empty'));
    await assert.rejects(open('empty'), { code: 'NO_IMAGES' });
  });

  it('are read in a random order that the seed decides, everything once', async () => {
    await writeAll(
      at('many'),
      Object.fromEntries(
        await Promise.all(Array.from({ length: 200 }, async (_, i) => [`${i}.jpg`, await numberedJpeg(i)] as const)),
      ),
    );
    const collections = [await open('many'), await open('shards'), await open('photos')];
    const { names } = await read(collections);
    const shuffled = await read(collections, { kind: 'shuffled', seed: 3 });
    assert.notDeepEqual(shuffled.names, names);
    assert.deepEqual([...shuffled.names].sort(), [...names].sort());
    assert.deepEqual((await read(collections, { kind: 'shuffled', seed: 3 })).names, shuffled.names);
    assert.notDeepEqual((await read(collections, { kind: 'shuffled', seed: 4 })).names, shuffled.names);
    // The images of a shard stay together, in the order of the shard.
    const first = shuffled.names.indexOf('b/1.tar/100.jpg');
    assert.deepEqual(
      shuffled.names.slice(first, first + 5),
      [100, 101, 102, 103, 104].map((number) => `b/1.tar/${number}.jpg`),
    );
    const wherePhotosCame = shuffled.names.flatMap((name, i) =>
      name.startsWith('dogs/') || name === '4.jpg' ? [i] : [],
    );
    assert.ok(Math.min(...wherePhotosCame) < 200, 'the collections are mixed');
  });

  it('list a file that is gone or may not be read as an image that cannot be had', async () => {
    await writeAll(at('leaving'), { 'a.jpg': await numberedJpeg(1), 'b.jpg': await numberedJpeg(2) });
    const leaving = await open('leaving');
    rmSync(at('leaving', 'a.jpg'));
    const { names, rejected } = await read([leaving]);
    assert.deepEqual(names, ['b.jpg']);
    assert.deepEqual([rejected[0]!.name, rejected[0]!.code], ['a.jpg', 'UNREADABLE']);
    await writeAll(at('leaving-shard'), { 'a.tar': await shardOf(1, 1) });
    const shard = await open('leaving-shard');
    rmSync(at('leaving-shard', 'a.tar'));
    assert.equal((await read([shard])).rejected[0]!.code, 'UNREADABLE');
  });
});

describe('collections in S3', () => {
  const program = findS3Server();
  if (program === undefined) {
    it(`(pending: versitygw is missing; go install ${S3_SERVER})`);
    return;
  }
  const temporary = temporaryFolder();
  const restoreEnvironment = keepEnvironment();
  const server = new S3Server(program, temporary.path);
  let proxy: FaultyProxy;
  let store: S3Objects;
  const open = (address: string) => openCollection(address, async () => store);
  before(async () => {
    await server.start();
    proxy = await FaultyProxy.start(() => server.port);
    Object.assign(process.env, CREDENTIALS, {
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: proxy.url,
      AWS_MAX_ATTEMPTS: '1',
    });
    store = await openS3Objects();
    await writeAll(server.fileOf(''), {
      'set/cats/1.jpg': await numberedJpeg(1),
      'set/odd': await numberedJpeg(2),
      'set/notes.txt': 'none',
      'set/shards/0.tar': await shardOf(10, 4),
      'settings/9.jpg': await numberedJpeg(9),
      'large/0.tar': await tarOf([
        ['1.jpg', await numberedJpeg(1, 3_000_000)],
        ['2.jpg', await numberedJpeg(2, 3_000_000)],
      ]),
    });
  });
  afterEach(() => proxy.reset());
  after(async () => {
    store.close();
    restoreEnvironment();
    await proxy.stop();
    await server.kill();
    temporary.remove();
  });

  it('are the images and shards below a prefix, and no others', async () => {
    const { images, rejected } = await read([await open('s3://checkpoints/set/')]);
    assert.deepEqual(
      images.map(({ name, labels }) => [name, labels]),
      [
        ['cats/1.jpg', { class: 'cats' }],
        ['odd', {}],
        ...[10, 11, 12, 13].map((number) => [`shards/0.tar/${number}.jpg`, {}]),
      ],
    );
    assert.deepEqual(
      rejected.map(({ name, code }) => [name, code]),
      [['notes.txt', 'NOT_AN_IMAGE']],
    );
    for (const { place, bytes } of images) {
      const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(place.shard)!;
      assert.deepEqual(
        Buffer.from(await store.readRange(bucket!, key!, place.offset, place.length)),
        Buffer.from(bytes),
      );
    }
  });

  it('are one object where the prefix is one', async () => {
    const { names } = await read([await open('s3://checkpoints/set/shards/0.tar')]);
    assert.deepEqual(names, ['0.tar/10.jpg', '0.tar/11.jpg', '0.tar/12.jpg', '0.tar/13.jpg']);
    await assert.rejects(open('s3://checkpoints/nothing'), { code: 'NO_IMAGES' });
  });

  it('go on where a connection broke in the middle of a shard', async () => {
    let cuts = 0;
    proxy.decide = ({ key }) => (key === 'large/0.tar' && cuts++ < 3 ? { cutAfter: 1_000_000 } : 'pass');
    const { images } = await read([await open('s3://checkpoints/large')]);
    assert.ok((await numberedJpeg(1, 3_000_000)).equals(images[0]!.bytes));
    assert.ok((await numberedJpeg(2, 3_000_000)).equals(images[1]!.bytes));
    assert.equal(cuts, 4);
  });

  it('end with an error that says what failed where the store fails for good', async () => {
    const collection = await open('s3://checkpoints/set');
    proxy.decide = () => ({ status: 500 });
    await assert.rejects(read([collection]), { code: 'DESTINATION_FAILED', message: /s3:\/\/checkpoints/ });
    await assert.rejects(open('s3://no-such-bucket/x'), /DESTINATION|no-such-bucket/);
  });
});
