import assert from 'node:assert/strict';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { parseMat } from '../../../evals/datasets/formats/mat.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { copyFixture, fixture, layOut, listed, opened, pixelAt } from './layouts.ts';

/** Planes of red, green and blue, one after the other. */
const planes = (size: number, red: number) =>
  Buffer.concat([Buffer.alloc(size, red), Buffer.alloc(size, 2), Buffer.alloc(size, 3)]);

function idx(shape: readonly number[], values: Buffer): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head[2] = 8;
  head[3] = shape.length;
  for (const [i, size] of shape.entries()) head.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([head, values]);
}

function norb(magic: number, shape: readonly number[], values: Buffer): Buffer {
  const head = Buffer.alloc(8 + 4 * Math.max(3, shape.length), 1);
  head.writeUInt32LE(magic, 0);
  head.writeInt32LE(shape.length, 4);
  for (const [i, size] of shape.entries()) head.writeInt32LE(size, 8 + 4 * i);
  return Buffer.concat([head, values]);
}

describe('evals: datasets as arrays', () => {
  it('reads the binary CIFAR-10 and the fine classes of CIFAR-100', () =>
    inTemporaryFolder(async (folder) => {
      const row = (labels: number[], red: number) => Buffer.concat([Buffer.from(labels), planes(1024, red)]);
      const batches = [1, 2, 3, 4, 5].map((batch) => [
        `cifar-10-batches-bin/data_batch_${batch}.bin`,
        row([batch % 2], batch),
      ]);
      await layOut(folder, {
        ...Object.fromEntries(batches),
        'cifar-10-batches-bin/test_batch.bin': Buffer.concat([row([1], 7), row([0], 8)]),
        'cifar-10-batches-bin/batches.meta.txt': 'airplane\nautomobile\n\n',
        'cifar-100-binary/train.bin': Buffer.concat([row([0, 1], 1), row([1, 0], 2)]),
        'cifar-100-binary/test.bin': row([0, 1], 1),
        'cifar-100-binary/fine_label_names.txt': 'apple\naquarium_fish\n',
      });
      const cifar10 = await opened('cifar-10', folder);
      assert.deepEqual(await listed(cifar10, 'test'), [
        ['test/0', 'automobile'],
        ['test/1', 'airplane'],
      ]);
      const train = await cifar10.split('train');
      assert.deepEqual(pixelAt(train, 3, 31, 31), [4, 2, 3]);
      const { data } = await sharp(await train.images.read(3))
        .raw()
        .toBuffer({ resolveWithObject: true });
      assert.deepEqual(new Uint8Array(data), train.images.pixels!(3).data);
      const cifar100 = await opened('cifar-100', folder);
      assert.deepEqual(
        (await listed(cifar100, 'train')).map(([, label]) => label),
        ['aquarium_fish', 'apple'],
      );
      await layOut(folder, { 'cifar-100-binary/test.bin': row([0, 1], 1).subarray(1) });
      await assert.rejects(opened('cifar-100', folder), { code: 'DATASET_FILE_BROKEN' });
      await layOut(folder, { 'cifar-100-binary/test.bin': row([0, 2], 1) });
      await assert.rejects(opened('cifar-100', folder), { code: 'DATASET_OTHER_VERSION' });
    }));

  it('reads MNIST, packed or not, and refuses labels of another number of images', () =>
    inTemporaryFolder(async (folder) => {
      const digits = idx([10], Buffer.from([...Array(10).keys()]));
      await layOut(folder, {
        'train-images-idx3-ubyte.gz': gzipSync(idx([10, 2, 3], Buffer.from([...Array(60).keys()]))),
        'train-labels-idx1-ubyte.gz': gzipSync(digits),
        't10k-images-idx3-ubyte': idx([1, 2, 3], Buffer.alloc(6, 9)),
        't10k-labels-idx1-ubyte': idx([1], Buffer.from([4])),
      });
      const dataset = await opened('mnist', folder);
      const train = await dataset.split('train');
      assert.deepEqual(pixelAt(train, 2, 1, 1), [16, 16, 16]);
      assert.deepEqual(await listed(dataset, 'test'), [['test/0', '4']]);
      await layOut(folder, { 't10k-labels-idx1-ubyte': idx([2], Buffer.from([4, 5])) });
      await assert.rejects(opened('mnist', folder), { code: 'DATASET_OTHER_VERSION', message: /2 labels for 1/ });
      await layOut(folder, { 't10k-labels-idx1-ubyte': 'PNG' });
      await assert.rejects(opened('mnist', folder), { code: 'DATASET_FILE_BROKEN' });
    }));

  it('turns the columns of STL-10 into rows', () =>
    inTemporaryFolder(async (folder) => {
      const image = planes(96 * 96, 0);
      // Row 5 of column 90.
      image[90 * 96 + 5] = 77;
      await layOut(path.join(folder, 'stl10_binary'), {
        'class_names.txt': 'airplane\nbird\n',
        'train_X.bin': Buffer.concat([image, image]),
        'train_y.bin': Buffer.from([2, 1]),
        'test_X.bin': image,
        'test_y.bin': Buffer.from([1]),
      });
      const dataset = await opened('stl-10', folder);
      const train = await dataset.split('train');
      assert.deepEqual(pixelAt(train, 1, 90, 5), [77, 2, 3]);
      assert.deepEqual(
        (await listed(dataset, 'train')).map(([, label]) => label),
        ['bird', 'airplane'],
      );
      await truncate(path.join(folder, 'stl10_binary/train_X.bin'), 1000);
      await assert.rejects(dataset.split('train'), { code: 'DATASET_OTHER_VERSION' });
    }));

  it('takes the elevation and the first image of each pair of SmallNORB', () =>
    inTemporaryFolder(async (folder) => {
      const pairs = 9;
      const values = Buffer.from(Array.from({ length: pairs * 2 * 6 }, (_, i) => i));
      const info = Buffer.from(
        Int32Array.from({ length: pairs * 4 }, (_, i) => (i % 4 === 1 ? 8 - (i >> 2) : 30)).buffer,
      );
      for (const stem of ['5x46789x9x18x6x2x96x96-training', '5x01235x9x18x6x2x96x96-testing']) {
        await layOut(folder, {
          [`smallnorb-${stem}-dat.mat`]: norb(0x1e3d4c55, [pairs, 2, 2, 3], values),
          [`smallnorb-${stem}-info.mat`]: norb(0x1e3d4c54, [pairs, 4], info),
        });
      }
      const dataset = await opened('smallnorb-elevation', folder);
      const train = await dataset.split('train');
      assert.deepEqual(
        (await listed(dataset, 'train')).slice(0, 2).map(([, label]) => label),
        ['70 degrees', '65 degrees'],
      );
      assert.deepEqual(pixelAt(train, 2, 2, 1), [29, 29, 29]);
      const stem = 'smallnorb-5x01235x9x18x6x2x96x96-testing';
      await layOut(folder, { [`${stem}-info.mat`]: norb(0x1e3d4c54, [8, 4], info.subarray(16)) });
      await assert.rejects(opened('smallnorb-elevation', folder), { code: 'DATASET_OTHER_VERSION' });
      await truncate(path.join(folder, `${stem}-dat.mat`), 50);
      await assert.rejects(opened('smallnorb-elevation', folder), { code: 'DATASET_FILE_BROKEN' });
      await rm(path.join(folder, `${stem}-dat.mat`));
      await layOut(folder, { [`${stem}-dat.mat.gz`]: gzipSync('x') });
      await assert.rejects(opened('smallnorb-elevation', folder), { code: 'DATASET_PACKED', message: /gunzip -k/ });
    }));

  it("reads SVHN's pixels by columns, and 10 for 0", () =>
    inTemporaryFolder(async (folder) => {
      for (const name of ['train_32x32.mat', 'test_32x32.mat']) await copyFixture(name, folder);
      const dataset = await opened('svhn', folder);
      assert.deepEqual(
        (await listed(dataset, 'train')).map(([, label]) => label),
        ['1', '0', '9'],
      );
      assert.deepEqual(pixelAt(await dataset.split('train'), 2, 30, 4), [2, 4, 30]);
    }));

  it('reads Flowers-102, whose validation images train too', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, { 'jpg/image_00001.jpg': null });
      for (const name of ['imagelabels.mat', 'setid.mat']) await copyFixture(name, folder);
      const dataset = await opened('flowers-102', folder);
      assert.deepEqual(await listed(dataset, 'train'), [
        ['jpg/image_00004.jpg', '1'],
        ['jpg/image_00002.jpg', '2'],
        ['jpg/image_00003.jpg', '3'],
      ]);
      assert.deepEqual(
        (await listed(dataset, 'test')).map(([name]) => name),
        ['jpg/image_00001.jpg', 'jpg/image_00005.jpg', 'jpg/image_00007.jpg'],
      );
    }));

  it('reads the structures of Stanford Cars, and refuses a class that there is not', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, { 'cars_train/00001.jpg': null, 'cars_test/00001.jpg': null });
      for (const name of ['cars_meta.mat', 'cars_train_annos.mat']) await copyFixture(name, folder, `devkit/${name}`);
      await copyFixture('cars_train_annos.mat', folder, 'cars_test_annos_withlabels.mat');
      const dataset = await opened('stanford-cars', folder);
      assert.deepEqual((await listed(dataset, 'train'))[0], ['00001.jpg', 'Ram C/V Cargo Van Minivan 2012']);
      await copyFixture('cars_test_annos_withlabels.mat', folder);
      await assert.rejects(opened('stanford-cars', folder), { code: 'DATASET_OTHER_VERSION', message: /class 196/ });
    }));

  it('refuses what is no MAT file of level 5, or not a whole one', async () => {
    const bytes = await readFile(fixture('cars_meta.mat'));
    assert.deepEqual([...parseMat('f', bytes).keys()], ['class_names']);
    for (const broken of [bytes.subarray(0, 100), bytes.subarray(0, 200), Buffer.alloc(500)]) {
      assert.throws(() => parseMat('f', broken), { code: 'DATASET_FILE_BROKEN' });
    }
  });

  it("reads PatchCamelyon's HDF5 files image by image", () =>
    inTemporaryFolder(async (folder) => {
      const names = ['train', 'valid', 'test'].flatMap((split) =>
        ['x', 'y'].map((part) => `camelyonpatch_level_2_split_${split}_${part}.h5`),
      );
      for (const name of names) await copyFixture(name, folder);
      const dataset = await opened('patch-camelyon', folder);
      assert.deepEqual(dataset.splits, ['train', 'val', 'test']);
      assert.deepEqual(
        (await listed(dataset, 'train')).map(([, label]) => label),
        ['no tumor', 'tumor', 'tumor'],
      );
      assert.deepEqual(pixelAt(await dataset.split('train'), 2, 95, 95), [2, 2, 2]);
      await copyFixture(names[1]!, folder, names[5]!);
      await assert.rejects(opened('patch-camelyon', folder), { code: 'DATASET_OTHER_VERSION' });
      await writeFile(path.join(folder, names[5]!), 'not HDF5');
      await assert.rejects(opened('patch-camelyon', folder), { code: 'DATASET_FILE_BROKEN' });
    }));
});
