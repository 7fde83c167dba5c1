import assert from 'node:assert/strict';
import path from 'node:path';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { layOut, listed, opened, photos, pixelAt } from './layouts.ts';

const ppm = (red: number) => Buffer.concat([Buffer.from('P6\n2 1\n255\n'), Buffer.from([red, 1, 2, 3, 4, 5])]);

describe('evals: datasets by lists', () => {
  it('reads Food-101, and refuses a list with a class that there is not', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        'food-101/meta/classes.txt': 'apple_pie\nwaffles\n',
        'food-101/meta/train.txt': 'waffles/9\napple_pie/1005649\n',
        'food-101/meta/test.txt': 'apple_pie/2\n',
      });
      const dataset = await opened('food-101', folder);
      assert.deepEqual(await listed(dataset, 'train'), [
        ['images/waffles/9.jpg', 'waffles'],
        ['images/apple_pie/1005649.jpg', 'apple_pie'],
      ]);
      await layOut(folder, { 'food-101/meta/test.txt': 'pizza/2\n' });
      await assert.rejects(opened('food-101', folder), { code: 'DATASET_OTHER_VERSION', message: /pizza/ });
    }));

  it('reads the first partition of DTD, with a split to validate', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        ...photos('dtd/images/banded/banded_{}.jpg', 3),
        'dtd/labels/train1.txt': 'banded/banded_000.jpg\n',
        'dtd/labels/val1.txt': 'banded/banded_001.jpg\n',
        'dtd/labels/test1.txt': 'banded/banded_002.jpg\n',
      });
      const dataset = await opened('dtd', folder);
      assert.deepEqual(dataset.splits, ['train', 'val', 'test']);
      assert.deepEqual(await listed(dataset, 'val'), [['images/banded/banded_001.jpg', 'banded']]);
    }));

  it('gives no image from elsewhere, whatever a list names', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        ...photos('dtd/images/banded/banded_{}.jpg', 1),
        'dtd/labels/train1.txt': 'banded/../../../../secret.jpg\nbanded/../banded/banded_000.jpg\n',
        'dtd/labels/val1.txt': 'banded/banded_000.jpg\n',
        'dtd/labels/test1.txt': 'banded/banded_000.jpg\n',
        'secret.jpg': null,
      });
      const { images } = await (await opened('dtd', folder)).split('train');
      const broken = { code: 'DATASET_FILE_BROKEN', message: /secret\.jpg leads out/ };
      assert.throws(() => images.path?.(0), broken);
      await assert.rejects(images.read(0), broken);
      assert.ok((await images.read(1)).byteLength > 0);
    }));

  it('reads variants of aircraft that have spaces and slashes in their names', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        'fgvc-aircraft-2013b/data/variants.txt': '707-320\nF/A-18\nGulfstream IV\n',
        'fgvc-aircraft-2013b/data/images_variant_trainval.txt':
          '1025794 Gulfstream IV\n1340192 F/A-18\n0000001 707-320\n',
        'fgvc-aircraft-2013b/data/images_variant_test.txt': '2 707-320\n',
      });
      const train = await listed(await opened('fgvc-aircraft', folder), 'train');
      assert.deepEqual(train.slice(0, 2), [
        ['images/1025794.jpg', 'Gulfstream IV'],
        ['images/1340192.jpg', 'F/A-18'],
      ]);
    }));

  it('reads Oxford Pets, and refuses lists whose numbers of classes disagree', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        'annotations/trainval.txt': 'Abyssinian_100 1 1 1\namerican_bulldog_1 2 2 1\n',
        'annotations/test.txt': '# a comment\namerican_bulldog_7 2 2 1\n',
      });
      const dataset = await opened('oxford-pets', folder);
      assert.deepEqual(await listed(dataset, 'test'), [['images/american_bulldog_7.jpg', 'american_bulldog']]);
      await layOut(folder, { 'annotations/test.txt': 'american_bulldog_7 1 2 1\n' });
      await assert.rejects(opened('oxford-pets', folder), { code: 'DATASET_OTHER_VERSION', message: /Abyssinian/ });
    }));

  it('reads Places205 with nested classes', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        'images256/a/abbey/gsun_1.jpg': null,
        'trainvalsplit_places205/train_places205.csv': 'a/abbey/gsun_1.jpg 0\nb/bar/outdoor/gsun_2.jpg 1\n',
        'trainvalsplit_places205/val_places205.csv': 'b/bar/outdoor/gsun_3.jpg 1\na/abbey/gsun_4.jpg 0\n',
      });
      const dataset = await opened('places205', folder);
      assert.deepEqual(dataset.classes, ['a/abbey', 'b/bar/outdoor']);
      assert.deepEqual((await listed(dataset, 'train'))[1], ['b/bar/outdoor/gsun_2.jpg', 'b/bar/outdoor']);
    }));

  it('divides SUN397 as the paper does, or by its official partition', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        ...photos('SUN397/a/abbey/sun_{}.jpg', 20),
        'SUN397/ClassName.txt': '/a/abbey\n',
        'Partitions/Training_01.txt': '/a/abbey/sun_001.jpg\n',
        'Partitions/Testing_01.txt': '/a/abbey/sun_002.jpg\n',
      });
      const paper = await opened('sun397', folder);
      const counts = await Promise.all(paper.splits.map(async (name) => (await listed(paper, name)).length));
      assert.deepEqual(counts, [14, 2, 4]);
      const official = await opened('sun397-partition-1', folder);
      assert.deepEqual(await listed(official, 'test'), [['a/abbey/sun_002.jpg', 'a/abbey']]);
    }));

  it("decodes GTSRB's pixmaps, reads its list of test images, and refuses the other training set", () =>
    inTemporaryFolder(async (folder) => {
      const whole = path.join(folder, 'whole');
      await layOut(whole, {
        'GTSRB/Training/00000/00000_00000.ppm': ppm(10),
        'GTSRB/Training/00000/GT-00000.csv': 'Filename;Width\n',
        'GTSRB/Training/00001/00000_00000.ppm': ppm(20),
        'GTSRB/Final_Test/Images/00000.ppm': ppm(30),
        'GT-final_test.csv':
          'Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n00000.ppm;53;54;6;5;48;49;1\r\n',
      });
      const dataset = await opened('gtsrb', whole);
      assert.deepEqual(await listed(dataset, 'test'), [['00000.ppm', '00001']]);
      const train = await dataset.split('train');
      assert.equal(train.images.length, 2);
      assert.deepEqual(pixelAt(train, 1, 0, 0), [20, 1, 2]);
      await layOut(whole, { 'GT-final_test.csv': 'Filename;Width\n00000.ppm;53\n' });
      await assert.rejects(opened('gtsrb', whole), { code: 'DATASET_OTHER_VERSION', message: /ClassId/ });

      const other = path.join(folder, 'other');
      await layOut(other, { 'GTSRB/Final_Training/Images/00000/00000_00000.ppm': ppm(1) });
      await assert.rejects(opened('gtsrb', other), { code: 'DATASET_OTHER_VERSION', message: /Training_fixed/ });
    }));

  it('reads PASCAL VOC with what is hard to tell, and says which archive the test images are in', () =>
    inTemporaryFolder(async (folder) => {
      const main = 'VOCdevkit/VOC2007/ImageSets/Main';
      await layOut(folder, {
        [`${main}/aeroplane_trainval.txt`]: '000005 -1\n000007  1\n',
        [`${main}/car_trainval.txt`]: '000007  0\n000005  1\n',
        [`${main}/trainval.txt`]: '000005\n',
      });
      await assert.rejects(opened('voc07', folder), {
        code: 'DATASET_SPLIT_MISSING',
        message: /VOCtest_06-Nov-2007.tar/,
      });
      await layOut(folder, { [`${main}/aeroplane_test.txt`]: '000001 -1\n', [`${main}/car_test.txt`]: '000001 1\n' });
      const dataset = await opened('voc07', folder);
      assert.equal(dataset.score, 'mAP');
      assert.deepEqual(await listed(dataset, 'train'), [
        ['JPEGImages/000005.jpg', ['car']],
        ['JPEGImages/000007.jpg', ['aeroplane', 'car?']],
      ]);
      await layOut(folder, { [`${main}/car_test.txt`]: '000001 1\n000002 1\n' });
      await assert.rejects(opened('voc07', folder), { code: 'DATASET_OTHER_VERSION' });
    }));

  it('counts the objects of CLEVR, and bins the distance of the closest', () =>
    inTemporaryFolder(async (folder) => {
      const scene = (name: string, ...depths: number[]) => ({
        image_filename: name,
        objects: depths.map((depth) => ({ pixel_coords: [1, 2, depth] })),
      });
      const scenes = (...list: unknown[]) => JSON.stringify({ scenes: list });
      const train = [scene('a.png', 9, 8, 12), scene('b.png', 8.1, 11, 12, 13)];
      await layOut(folder, {
        'CLEVR_v1.0/scenes/CLEVR_train_scenes.json': scenes(...train),
        'CLEVR_v1.0/scenes/CLEVR_val_scenes.json': scenes(scene('c.png', 10.5, 11, 12, 13, 14, 15, 16, 17, 18, 19)),
      });
      const count = await opened('clevr-count', folder);
      assert.equal(count.classes.length, 8);
      assert.deepEqual(await listed(count, 'train'), [
        ['images/train/a.png', '3 objects'],
        ['images/train/b.png', '4 objects'],
      ]);
      assert.deepEqual(await listed(count, 'test'), [['images/val/c.png', '10 objects']]);
      const distance = await opened('clevr-distance', folder);
      assert.deepEqual(
        (await listed(distance, 'train')).map(([, label]) => label),
        ['up to 8', 'up to 8.5'],
      );
      assert.deepEqual(
        (await listed(distance, 'test')).map(([, label]) => label),
        ['up to 100'],
      );
      await layOut(folder, { 'CLEVR_v1.0/scenes/CLEVR_val_scenes.json': scenes(scene('c.png', 1, 2)) });
      await assert.rejects(opened('clevr-count', folder), { code: 'DATASET_OTHER_VERSION', message: /2 objects/ });
      await layOut(folder, { 'CLEVR_v1.0/scenes/CLEVR_val_scenes.json': '{"scenes": [{}]}' });
      await assert.rejects(opened('clevr-count', folder), { code: 'DATASET_FILE_BROKEN' });
    }));

  it("bins the distance of KITTI's closest car, van or truck", () =>
    inTemporaryFolder(async (folder) => {
      const line = (type: string, depth: number) =>
        `${type} 0.00 0 -0.20 712.40 143.00 810.73 307.92 1.89 0.48 1.20 1.84 1.47 ${depth} 0.01\n`;
      const labels = [
        line('Pedestrian', 3),
        line('Car', 8),
        line('Car', 30) + line('Van', 8.5),
        line('Truck', 20.1),
        line('Tram', 9) + line('Car', 7),
      ];
      const names = labels.map((_, index) => String(index).padStart(6, '0'));
      await layOut(path.join(folder, 'training'), {
        ...Object.fromEntries(names.map((name) => [`image_2/${name}.png`, null])),
        ...Object.fromEntries(names.map((name, index) => [`label_2/${name}.txt`, labels[index]!])),
      });
      const dataset = await opened('kitti-distance', folder);
      const all = [...(await listed(dataset, 'train')), ...(await listed(dataset, 'test'))].sort();
      assert.equal((await listed(dataset, 'test')).length, 1);
      assert.deepEqual(
        all.map(([, label]) => label),
        ['no vehicle', 'up to 8 m', 'up to 20 m', 'beyond 20 m', 'up to 8 m'],
      );
    }));

  it('reads iNaturalist by its annotations, not by the order of its files', () =>
    inTemporaryFolder(async (folder) => {
      const categories = [
        { id: 1, name: 'b' },
        { id: 0, name: 'a' },
      ];
      const images = [
        { id: 7, file_name: 'train_val2018/Aves/1/x.jpg' },
        { id: 5, file_name: 'train_val2018/Aves/0/y.jpg' },
      ];
      const annotations = [
        { image_id: 5, category_id: 0 },
        { image_id: 7, category_id: 1 },
      ];
      await layOut(folder, {
        'train_val2018/Aves/1/x.jpg': null,
        'train2018.json': JSON.stringify({ images, annotations, categories }),
        'val2018.json': JSON.stringify({ images: images.slice(1), annotations, categories }),
      });
      assert.deepEqual(await listed(await opened('inaturalist18', folder), 'train'), [
        ['train_val2018/Aves/1/x.jpg', 'b'],
        ['train_val2018/Aves/0/y.jpg', 'a'],
      ]);
      await layOut(folder, { 'val2018.json': JSON.stringify({ images, annotations: [], categories }) });
      await assert.rejects(opened('inaturalist18', folder), { code: 'DATASET_OTHER_VERSION' });
    }));

  it('takes the splits of iWildCam whose cameras were seen, and knows the cameras', () =>
    inTemporaryFolder(async (folder) => {
      const head = ',split,location,datetime,y,filename\n';
      const rows = [
        '0,train,"site 1, north",t,0,a.jpg',
        '1,test,9,t,1,b.jpg',
        '2,id_test,3,t,1,c.jpg',
        '3,id_val,3,t,0,d.jpg',
        '4,train,4,t,1,e.jpg',
      ];
      await layOut(folder, {
        'iwildcam_v2.0/train/a.jpg': null,
        'iwildcam_v2.0/metadata.csv': `${head}${rows.join('\n')}\n`,
      });
      const dataset = await opened('iwildcam', folder);
      assert.equal(dataset.score, 'macro-F1');
      assert.deepEqual((await dataset.split('train')).groups, ['site 1, north', '4']);
      assert.deepEqual(await listed(dataset, 'test'), [['c.jpg', '1']]);
      assert.deepEqual(await listed(dataset, 'val'), [['d.jpg', '0']]);
    }));
});
