import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { imagenetAClasses, imagenetClasses } from '../../../evals/datasets/imagenet-classes.ts';
import { prepareDataset } from '../../../evals/datasets/prepare-dataset.ts';
import { PythonRandom } from '../../../evals/datasets/python-random.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { copyFixture, layOut, listed, opened, photos } from './layouts.ts';

/** Class folders of ImageNet with a photo each. */
const everyClass = (root: string, classes: readonly string[] = imagenetClasses) =>
  Object.fromEntries(classes.map((id) => [`${root}/${id}/${id}_1.JPEG`, null]));

describe('evals: datasets in class folders', () => {
  it('shuffles as Python does', () => {
    // python3 -c "import random; r = random.Random(42); a = [*range(10)]; r.shuffle(a); b = [*range(12)]; r.shuffle(b); print(a, b)"
    const random = new PythonRandom(42);
    const first = [...Array(10).keys()];
    const second = [...Array(12).keys()];
    random.shuffle(first);
    random.shuffle(second);
    assert.deepEqual(first, [7, 3, 2, 8, 5, 6, 9, 4, 0, 1]);
    assert.deepEqual(second, [5, 3, 2, 8, 4, 10, 7, 1, 11, 0, 6, 9]);
    const many = [...Array(1000).keys()];
    new PythonRandom(0).shuffle(many);
    assert.deepEqual(many.slice(0, 8), [439, 621, 160, 549, 237, 389, 658, 507]);
  });

  it('divides EuroSAT by the order of names, and RESISC45 by a shuffle that goes on from class to class', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(path.join(folder, 'e'), {
        ...photos('2750/River/River_{}.jpg', 3),
        ...photos('2750/Forest/Forest_{}.jpg', 1003),
      });
      const eurosat = await opened('eurosat', path.join(folder, 'e'));
      // In the order of texts: 1000 comes before 101. River has none left to test with.
      assert.deepEqual(eurosat.classes, ['Forest', 'River']);
      const test = await listed(eurosat, 'test');
      assert.deepEqual(
        test.map(([name]) => name),
        ['Forest/Forest_997.jpg', 'Forest/Forest_998.jpg', 'Forest/Forest_999.jpg'],
      );

      await layOut(path.join(folder, 'r'), {
        ...photos('NWPU-RESISC45/a/{}.jpg', 10),
        ...photos('NWPU-RESISC45/b/{}.jpg', 12),
      });
      const resisc = await opened('resisc45', path.join(folder, 'r'));
      const names = (await listed(resisc, 'test')).map(([name]) => name);
      // The last places of the shuffles above; 80 % of 12 are 9, 20 % are 2.
      assert.deepEqual(names, ['a/000.jpg', 'a/001.jpg', 'b/000.jpg', 'b/006.jpg']);
    }));

  it('takes 30 images of each class of Caltech-101 to train, and what is no image not at all', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        ...photos('101_ObjectCategories/ant/image_{}.jpg', 33),
        ...photos('101_ObjectCategories/BACKGROUND_Google/image_{}.jpg', 31),
        '101_ObjectCategories/BACKGROUND_Google/tmp': 'no image',
      });
      const dataset = await opened('caltech-101', folder);
      const [train, test] = [await listed(dataset, 'train'), await listed(dataset, 'test')];
      assert.deepEqual([train.length, test.length], [60, 4]);
      assert.equal(train.filter(([, label]) => label === 'ant').length, 30);
      assert.equal(new Set([...train, ...test].map(([name]) => name)).size, 64);
    }));

  it("labels ImageNet's validation images by their folders, or by the devkit's list and its own numbers", () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, { ...everyClass('train'), ...photos('val/ILSVRC2012_val_{}.JPEG', 2) });
      await copyFixture('meta.mat', folder, 'ILSVRC2012_devkit_t12/data/meta.mat');
      const ground = 'ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt';
      await layOut(folder, { [ground]: '2\n1\n' });
      const byList = await listed(await opened('imagenet', folder), 'test');
      assert.deepEqual(byList, [
        ['ILSVRC2012_val_000.JPEG', 'n01440764'],
        ['ILSVRC2012_val_001.JPEG', 'n02119789'],
      ]);

      await writeFile(path.join(folder, ground), '2\n1\n1\n');
      await assert.rejects(opened('imagenet', folder), {
        code: 'DATASET_OTHER_VERSION',
        message: /2 images.*3 labels/,
      });

      await rm(path.join(folder, 'val'), { recursive: true });
      await layOut(folder, everyClass('val'));
      const byFolder = await listed(await opened('imagenet', folder), 'test');
      assert.equal(byFolder.length, 1000);
      assert.deepEqual(byFolder[7], ['n01514668/n01514668_1.JPEG', 'n01514668']);

      await layOut(folder, { 'train/n99999999/x.JPEG': null });
      await assert.rejects(opened('imagenet', folder), { code: 'DATASET_OTHER_VERSION', message: /n99999999/ });
    }));

  it('knows the classes of ImageNet-A, and refuses another set of folders', () =>
    inTemporaryFolder(async (folder) => {
      const classes = imagenetAClasses.map((index) => imagenetClasses[index]!);
      await layOut(folder, everyClass('imagenet-a', classes));
      const dataset = await opened('imagenet-a', folder);
      assert.deepEqual([dataset.classes.length, dataset.splits], [200, ['test']]);
      assert.deepEqual((await listed(dataset, 'test'))[0], ['n01498041/n01498041_1.JPEG', 'n01498041']);
      await assert.rejects(dataset.split('train'), { code: 'DATASET_SPLIT_MISSING' });
      await rm(path.join(folder, 'imagenet-a', classes[5]!), { recursive: true });
      await assert.rejects(opened('imagenet-a', folder), { code: 'DATASET_OTHER_VERSION', message: /1 of 200/ });
    }));

  it("takes ImageNet-V2's folders for indices, in the order of numbers", () =>
    inTemporaryFolder(async (folder) => {
      const files = imagenetClasses.map((_, index) => [`imagenetv2-top-images-format-val/${index}/x.jpeg`, null]);
      await layOut(folder, Object.fromEntries(files));
      const test = await listed(await opened('imagenet-v2-top-images', folder), 'test');
      assert.deepEqual(test[10], ['10/x.jpeg', imagenetClasses[10]]);
      await assert.rejects(opened('imagenet-v2', folder), {
        code: 'DATASET_FILE_MISSING',
        message: /matched-frequency/,
      });
    }));

  it('gives each image of ImageNet-ReaL all its labels, and leaves out those without', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, { ...photos('val/ILSVRC2012_val_{}.JPEG', 3), 'real.json': '[[], [970, 1], [2]]' });
      assert.deepEqual(await listed(await opened('imagenet-real', folder), 'test'), [
        ['ILSVRC2012_val_001.JPEG', [imagenetClasses[1], imagenetClasses[970]]],
        ['ILSVRC2012_val_002.JPEG', [imagenetClasses[2]]],
      ]);
      await layOut(folder, { 'real.json': '[[], [1]]' });
      await assert.rejects(opened('imagenet-real', folder), { code: 'DATASET_OTHER_VERSION' });
      await layOut(folder, { 'real.json': '[[], [1], [1000]]' });
      await assert.rejects(opened('imagenet-real', folder), { code: 'DATASET_FILE_BROKEN' });
    }));

  it("follows ObjectNet's mapping files, leaves out what ImageNet lacks, and cuts the frame off", () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        'images/alarm_clock/1.png': null,
        'images/spoon/1.png': null,
        'mappings/folder_to_objectnet_label.json': '{"alarm_clock": "Alarm clock", "spoon": "Spoon"}',
        'mappings/objectnet_to_imagenet_1k.json': '{"Alarm clock": "analog clock; digital clock"}',
        'mappings/pytorch_to_imagenet_2012_id.json': '{"409": 1, "530": 3}',
        'mappings/imagenet_to_label_2012_v2': 'analog clock\ntench\ndigital clock\n',
      });
      const dataset = await opened('objectnet', folder);
      assert.deepEqual(await listed(dataset, 'test'), [
        ['alarm_clock/1.png', [imagenetClasses[409], imagenetClasses[530]]],
      ]);
      const { images } = await dataset.split('test');
      assert.equal(images.path, undefined);
      const png = Buffer.from(await images.read(0));
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [36, 26]);
    }));

  it('says how to unpack what is still packed, and what is missing where nothing is', () =>
    inTemporaryFolder(async (folder) => {
      const out = path.join(folder, 'out');
      await layOut(folder, { 'EuroSAT.zip': 'packed' });
      await assert.rejects(prepareDataset({ name: 'eurosat', from: folder, out }), {
        code: 'DATASET_PACKED',
        message: /unzip -q '.*EuroSAT.zip'/,
      });
      await rm(path.join(folder, 'EuroSAT.zip'));
      await assert.rejects(prepareDataset({ name: 'eurosat', from: folder, out }), { code: 'DATASET_FILE_MISSING' });
      await assert.rejects(prepareDataset({ name: 'eurosat', out }), {
        code: 'DATASET_FILE_MISSING',
        message: /terms "MIT"/,
      });
      const typed = {
        eurosart: 'eurosat',
        cifr: 'cifar-10',
        mnst: 'mnist',
        imagnet: 'imagenet',
        'food-11': 'food-101',
      };
      for (const [name, meant] of Object.entries(typed)) {
        const message = new RegExp(`mean ${meant}`);
        await assert.rejects(prepareDataset({ name, out }), { code: 'DATASET_UNKNOWN', message });
      }
      assert.ok(!existsSync(path.join(out, 'dataset.json')));
    }));
});
