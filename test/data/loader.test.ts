import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cropPolicy } from '../../data/crop-policy.ts';
import { type ImageFolder, openImageFolder } from '../../data/image-folder.ts';
import { type Batch, type LoaderOptions, openLoader } from '../../data/loader.ts';
import type { ImageSource } from '../../data/source.ts';
import { inTemporaryFolder, jpeg, picture, strip, withClaimedSize, writeJpegs } from './pictures.ts';

const policy = cropPolicy({
  groups: [
    { count: 2, size: 24, scale: [0.14, 1] },
    { count: 3, size: 16, scale: [0.05, 0.14] },
  ],
});

async function take(options: Partial<LoaderOptions> & { source: ImageSource }, count: number): Promise<Batch[]> {
  const loader = openLoader({ policy, batchSize: 4, seed: 7, maximumSkippedShare: 1, ...options });
  const batches: Batch[] = [];
  try {
    for (let i = 0; i < count; i++) batches.push(await loader.next());
  } finally {
    await loader.close();
  }
  return batches;
}

/** Ten good JPEGs, a PNG and a WebP that call themselves .jpg, and one of every kind of broken file. */
async function writeMixedFolder(folder: string): Promise<ImageFolder> {
  await writeJpegs(folder, 10);
  await mkdir(path.join(folder, 'more'));
  const write = (name: string, bytes: Uint8Array) => writeFile(path.join(folder, 'more', name), bytes);
  const good = await jpeg(100, 80);
  await write('png.jpg', await picture(70, 50, 3).png().toBuffer());
  await write('webp.jpg', await picture(50, 70, 4).webp().toBuffer());
  await write('truncated.jpg', good.subarray(0, 900));
  await write('empty.jpg', Buffer.alloc(0));
  await write('text.png', Buffer.from('text'));
  await write('tiny.jpg', await jpeg(1, 1));
  await write('wide.png', await strip(2 ** 20 + 1));
  await write('bomb.jpg', withClaimedSize(good, 30_000, 30_000));
  await write('truncated.png', (await picture(80, 80).png().toBuffer()).subarray(0, 400));
  return openImageFolder(folder);
}

const reasons: Record<string, string> = {
  'more/truncated.jpg': 'CORRUPT',
  'more/empty.jpg': 'EMPTY',
  'more/text.png': 'NOT_AN_IMAGE',
  'more/tiny.jpg': 'TOO_SMALL',
  'more/bomb.jpg': 'TOO_MANY_PIXELS',
  'more/wide.png': 'TOO_LARGE',
  'more/truncated.png': 'CORRUPT',
};

describe('data: loader', () => {
  it('gives every good image once per epoch and reports every bad one with its reason', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixedFolder(folder);
      assert.equal(source.length, 19);
      // Six batches of four: twelve good images per epoch, so two epochs.
      const batches = await take({ source }, 6);
      const seen = new Map<string, number>();
      for (const { names } of batches) for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
      assert.equal(seen.size, 12);
      assert([...seen.values()].every((count) => count === 2));
      const skipped = batches.flatMap((batch) => batch.skipped).filter(({ epoch }) => epoch === 0);
      assert.deepEqual(Object.fromEntries(skipped.map(({ name, code }) => [name, code])), reasons);
      assert.equal(skipped.length, 7, 'once each');
    }));

  it('makes the same batches with 1, 2 and 3 threads and any prefetching', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixedFolder(folder);
      const expected = await take({ source, threads: 1, prefetch: 0 }, 7);
      assert.deepEqual(await take({ source, threads: 2, prefetch: 1 }, 7), expected);
      assert.deepEqual(await take({ source, threads: 3, prefetch: 5 }, 7), expected);
    }));

  it('goes on from the position of any batch as if it had never stopped', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixedFolder(folder);
      const batches = await take({ source }, 8);
      for (const [done, { position }] of batches.entries()) {
        const rest = await take({ source, position, threads: 2 }, batches.length - done - 1);
        assert.deepEqual(rest, batches.slice(done + 1), `after batch ${done}`);
      }
    }));

  it('makes other crops of an image in another epoch and under another seed', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 4);
      const source = await openImageFolder(folder);
      const [first, second] = await take({ source }, 2);
      const [other] = await take({ source, seed: 8 }, 1);
      const crop = ({ crops, images }: Batch) => {
        const row = images.indexOf(2) * 24 * 24 * 3;
        return crops[0]!.slice(row, row + 24 * 24 * 3);
      };
      assert.notDeepEqual(crop(first!), crop(second!));
      assert.notDeepEqual(crop(first!), crop(other!));
    }));

  it('fills batches larger than the source, across epochs', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 3);
      const [batch] = await take({ source: await openImageFolder(folder), batchSize: 8 }, 1);
      for (const epoch of [0, 1]) assert.deepEqual(batch!.images.slice(epoch * 3, epoch * 3 + 3).sort(), [0, 1, 2]);
      assert.deepEqual(batch!.epochs, [0, 0, 0, 1, 1, 1, 2, 2]);
      assert.deepEqual(batch!.position, [8]);
    }));

  it('takes sources that have bytes and no paths, and skips what they cannot give', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 5);
      const files = await openImageFolder(folder);
      const fromBytes: ImageSource = {
        length: 5,
        name: (i) => files.name(i),
        read: (i) => (i === 3 ? Promise.reject(new Error('the shard is gone')) : files.read(i)),
      };
      const fromPaths: ImageSource = { length: 5, name: (i) => files.name(i), read: files.read, path: files.path };
      const [whole] = await take({ source: fromPaths, batchSize: 5 }, 1);
      const [batch] = await take({ source: fromBytes, batchSize: 5 }, 1);
      assert.deepEqual(
        batch!.skipped.map(({ index, code, message }) => [index, code, message]),
        [[3, 'UNREADABLE', 'the shard is gone']],
      );
      const row = whole!.images.indexOf(0);
      assert.equal(batch!.images[row], 0);
      const bytes = 24 * 24 * 3;
      const rowOf = ({ crops }: Batch) => crops[0]!.subarray(row * bytes, (row + 1) * bytes);
      assert.deepEqual(rowOf(batch!), rowOf(whole!));
    }));

  it('skips images that are deleted while it runs', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 8);
      const source = await openImageFolder(folder);
      const loader = openLoader({ source, policy, batchSize: 4, seed: 7, prefetch: 0, maximumSkippedShare: 1 });
      const first = await loader.next();
      await rm(source.path(first.images[1]!));
      const batches = [await loader.next(), await loader.next(), await loader.next()];
      await loader.close();
      const skipped = batches.flatMap((batch) => batch.skipped);
      assert(skipped.length > 0);
      for (const { name, code } of skipped) assert.deepEqual([name, code], [first.names[1], 'UNREADABLE']);
    }));

  it('stops above the share of skipped images, with counts and reasons', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixedFolder(folder);
      const options = { source, maximumSkippedShare: 0.2, minimumImages: 12 };
      await assert.rejects(take(options, 20), (error: Error & { code: string }) => {
        assert.equal(error.code, 'TOO_MANY_SKIPPED');
        assert.match(error.message, /^\d+ of \d+ images could not be used/);
        assert(Object.keys(reasons).some((name) => error.message.includes(name)));
        return true;
      });
      await take({ ...options, maximumSkippedShare: 0.5 }, 20);
    }));

  it('goes on while a small source keeps to the share, from wherever it starts', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 9);
      await writeFile(path.join(folder, 'bad.jpg'), 'not a picture');
      const source = await openImageFolder(folder);
      for (let position = 0; position < 20; position++) {
        await take({ source, position: [position], maximumSkippedShare: 0.1 }, 12);
        const tooMany = take({ source, position: [position], maximumSkippedShare: 0.05 }, 12);
        await assert.rejects(tooMany, { code: 'TOO_MANY_SKIPPED' });
      }
    }));

  it('ends with an error where no image is good', () =>
    inTemporaryFolder(async (folder) => {
      for (let i = 0; i < 5; i++) await writeFile(path.join(folder, `${i}.jpg`), 'not a picture');
      const source = await openImageFolder(folder);
      await assert.rejects(take({ source }, 1), { code: 'NO_IMAGES', message: /None of the 5 images/ });
    }));

  it('works ahead no further than it was told', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 8);
      const files = await openImageFolder(folder);
      let reads = 0;
      const counting: ImageSource = {
        length: 8,
        name: (i) => files.name(i),
        read: (i) => {
          reads++;
          return files.read(i);
        },
      };
      const loader = openLoader({ source: counting, policy, batchSize: 4, seed: 7, prefetch: 2 });
      await loader.next();
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(reads, 4 * 3);
      await loader.close();
      await assert.rejects(loader.next(), { code: 'LOADER_CLOSED' });
      assert.equal(reads, 4 * 3);
    }));

  it('makes the same batches in recycled arrays', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixedFolder(folder);
      const expected = await take({ source }, 6);
      const loader = openLoader({ source, policy, batchSize: 4, seed: 7, maximumSkippedShare: 1, prefetch: 1 });
      for (const batch of expected) {
        const recycled = await loader.next();
        assert.deepEqual(recycled, batch);
        loader.recycle(recycled);
      }
      await loader.close();
    }));

  it('refuses options that make no sense', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 1);
      const options = { source: await openImageFolder(folder), policy, batchSize: 4, seed: 7 };
      for (const change of [
        { batchSize: 0 },
        { seed: -1 },
        { position: [0.5] },
        { position: [0, 0] },
        { threads: 0 },
        { prefetch: -1 },
      ]) {
        assert.throws(() => openLoader({ ...options, ...change }), { code: 'BAD_OPTION' }, JSON.stringify(change));
      }
    }));
});
