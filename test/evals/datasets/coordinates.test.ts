import assert from 'node:assert/strict';
import { openData } from '../../../evals/open-data.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { layOut, opened, photos } from './layouts.ts';

const HEAD = 'image,latitude,longitude\n';

describe('evals: images with coordinates', () => {
  it('reads a folder with a table, its splits and its groups', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        ...photos('eu/{}.jpg', 2),
        ...photos('us/{}.jpg', 2),
        'coordinates.csv':
          '\uFEFFlongitude,image,latitude,split,group\r\n2.3,"eu/000.jpg",48.9,train,\r\n-0.1,eu/001.jpg,51.5,test,north\r\n-180,us/000.jpg,-90,test,south\r\n180,us/001.jpg,+90,train,\r\n',
      });
      const data = await openData(folder);
      assert.deepEqual([data.splits, data.classes, data.score], [['train', 'test'], [], 'distance']);
      const test = await data.split('test');
      assert.deepEqual([test.images.length, test.images.name(1)], [2, 'us/000.jpg']);
      assert.deepEqual(test.coordinates, Float64Array.of(51.5, -0.1, -90, -180));
      assert.deepEqual(test.groups, ['north', 'south']);
      assert.ok((await test.images.read(0)).length > 100);
      await assert.rejects(data.split('val'), { code: 'DATASET_SPLIT_MISSING' });
    }));

  it('takes a fifth to test where the table does not say, always the same', () =>
    inTemporaryFolder(async (folder) => {
      const lines = Array.from({ length: 10 }, (_, i) => `${String(i).padStart(3, '0')}.jpg,${i},${-i}`);
      await layOut(folder, { ...photos('{}.jpg', 10), 'coordinates.csv': `${HEAD}${lines.join('\n')}\n` });
      const names = async () => {
        const data = await openData(folder);
        const splits = await Promise.all([data.split('train'), data.split('test')]);
        return splits.map(({ images }) => Array.from({ length: images.length }, (_, i) => images.name(i)));
      };
      const [train, test] = await names();
      assert.deepEqual([train!.length, test!.length], [8, 2]);
      assert.equal(new Set([...train!, ...test!]).size, 10);
      assert.deepEqual(await names(), [train, test]);
    }));

  const refused: Readonly<Record<string, readonly [string, RegExp]>> = {
    'a latitude beyond the pole': [
      'a.jpg,91,0\nb.jpg,0,0\n',
      /line 2: the latitude of a\.jpg is 91.*between -90 and 90/,
    ],
    'a longitude beyond 180': ['a.jpg,0,0\nb.jpg,0,-180.5\n', /line 3: the longitude of b\.jpg is -180\.5/],
    'no latitude': ['a.jpg,,0\nb.jpg,0,0\n', /line 2: the latitude of a\.jpg is missing/],
    'no number': ['a.jpg,0,east\nb.jpg,0,0\n', /line 2: the longitude of a\.jpg is "east"/],
    infinity: ['a.jpg,Infinity,0\nb.jpg,0,0\n', /"Infinity", which is no number/],
    'an image twice': ['a.jpg,0,0\nb.jpg,0,0\na.jpg,1,1\n', /line 4: a\.jpg occurs a second time/],
    'no image': [',0,0\n', /line 2 names no image/],
    'an image without coordinates': ['a.jpg,0,0\n', /1 images have no coordinates \(b\.jpg\)/],
    'coordinates without an image': [
      'a.jpg,0,0\nb.jpg,0,0\nc.jpg,0,0\n',
      /1 lines name an image that is not there \(c\.jpg\)/,
    ],
  };
  for (const [what, [lines, message]] of Object.entries(refused)) {
    it(`refuses ${what}`, () =>
      inTemporaryFolder(async (folder) => {
        await layOut(folder, { 'a.jpg': null, 'b.jpg': null, 'coordinates.csv': `${HEAD}${lines}` });
        await assert.rejects(openData(folder), { code: 'DATASET_COORDINATES', message });
      }));
  }

  it('refuses a table without the columns, with a short line, with an unknown split, and without any line', () =>
    inTemporaryFolder(async (folder) => {
      const table = async (text: string) => {
        await layOut(folder, { 'a.jpg': null, 'coordinates.csv': text });
        return openData(folder);
      };
      await assert.rejects(table('image,lat,lng\na.jpg,0,0\n'), {
        code: 'DATASET_OTHER_VERSION',
        message: /no column latitude among image, lat, lng/,
      });
      await assert.rejects(table(`${HEAD}a.jpg,0\n`), { code: 'DATASET_FILE_BROKEN', message: /line 2 has 2 fields/ });
      await assert.rejects(table(HEAD), { code: 'DATASET_FILE_BROKEN' });
      await assert.rejects(table('image,latitude,longitude,split\na.jpg,0,0,dev\n'), {
        code: 'DATASET_COORDINATES',
        message: /a\.jpg is of split "dev"/,
      });
    }));

  const published = (columns: string, rows: readonly string[]) =>
    `IMG_ID,AUTHOR,${columns},S3_Label,S16_Label,S365_Label,Prob_indoor,Prob_natural,Prob_urban\n${rows.map((row) => `${row},0,2,95,0.6,0.2,0.2\n`).join('')}`;

  it('reads Im2GPS with MP-16, without the photos that are gone', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, {
        ...photos('im2gps/gps_query_imgs/104123223_{}@N00.jpg', 2),
        'im2gps_places365.csv': published('LAT,LON', [
          '104123223_000@N00.jpg,19355699@N00,-33.861328,151.209039',
          '104123223_001@N00.jpg,19355699@N00,51.5,-0.12',
        ]),
        ...photos('mp16/ae/12/{}.jpg', 2),
        'mp16_places365.csv': published('LAT,LON', [
          'ae/12/000.jpg,a,10,20',
          'ff/00/999.jpg,gone,30,40',
          'ae/12/001.jpg,b,50,60',
        ]),
      });
      const data = await opened('im2gps', folder);
      assert.deepEqual(data.splits, ['train', 'test']);
      const [train, test] = await Promise.all([data.split('train'), data.split('test')]);
      assert.deepEqual(train.coordinates, Float64Array.of(10, 20, 50, 60));
      assert.deepEqual(test.coordinates, Float64Array.of(-33.861328, 151.209039, 51.5, -0.12));
      assert.ok((await test.images.read(1)).length > 100);
      await layOut(folder, { 'im2gps_places365.csv': published('LAT,LON', ['104123223_009@N00.jpg,x,1,2']) });
      await assert.rejects(opened('im2gps', folder), { code: 'DATASET_FILE_MISSING', message: /lacks 1 of the 1/ });
    }));

  it('reads Im2GPS3k alone, also by the edition of its table that names longitude and latitude the wrong way round', () =>
    inTemporaryFolder(async (folder) => {
      for (const columns of ['LAT,LON', 'LON,LAT']) {
        await layOut(folder, {
          ...photos('im2gps3ktest/1005977048_{}.jpg', 1),
          'meta/im2gps3k_places365.csv': published(columns, ['1005977048_000.jpg,91728102@N00,29.976052,122.390356']),
        });
        const data = await opened('im2gps3k', folder);
        assert.deepEqual(data.splits, ['test']);
        assert.deepEqual((await data.split('test')).coordinates, Float64Array.of(29.976052, 122.390356));
      }
    }));

  it('notices coordinates that were changed after the dataset was prepared', () =>
    inTemporaryFolder(async (folder) => {
      const table = (longitude: number) => ({
        'im2gps3k_places365.csv': published('LAT,LON', [`1_000.jpg,a,29.9,${longitude}`]),
      });
      await layOut(folder, { ...photos('im2gps3k/1_{}.jpg', 1), ...table(120) });
      const data = await opened('im2gps3k', folder);
      await data.split('test');
      await layOut(folder, table(121));
      await assert.rejects(data.split('test'), { code: 'DATASET_CHANGED' });
    }));
});
