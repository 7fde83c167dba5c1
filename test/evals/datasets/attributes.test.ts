/** `attributes.csv`: labels of whom images show, beside a folder of images. */
import assert from 'node:assert/strict';
import { openFolderDataset } from '../../../evals/datasets/folder-dataset.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { layOut, photos } from './layouts.ts';

const TABLE = `image,person,gender,skintone
test/female/a.jpg,p1,female,darker
test/female/b.jpg,p1,female,
val/male/c.jpg,p2,male,lighter
`;

describe('evals: attributes of a folder of images', () => {
  const images = {
    'test/female/a.jpg': null,
    'test/female/b.jpg': null,
    'test/male/d.jpg': null,
    'val/male/c.jpg': null,
  };

  it('are by image; what is empty is not known, and an image without a line stands for itself', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, { ...images, 'attributes.csv': TABLE });
      const data = await openFolderDataset(folder);
      assert.deepEqual((await data.split('test')).attributes, {
        unit: 'person',
        units: ['p1', 'p1', 'test/male/d.jpg'],
        values: { gender: ['female', 'female', undefined], skintone: ['darker', undefined, undefined] },
      });
      assert.deepEqual((await data.split('val')).attributes!.units, ['p2']);
    }));

  it('go with images where a folder is divided', () =>
    inTemporaryFolder(async (folder) => {
      const names = Array.from({ length: 10 }, (_, i) => `cat/${String(i).padStart(3, '0')}.jpg`);
      const table = names.map((name, i) => `${name},h${i},${i % 2 === 0 ? 'low' : 'high'}\n`).join('');
      await layOut(folder, {
        ...photos('cat/{}.jpg', 10),
        ...photos('dog/{}.jpg', 2),
        'attributes.csv': `image,household,income\n${table}`,
      });
      const { images: some, attributes } = await (await openFolderDataset(folder)).split('test');
      for (let image = 0; image < some.length; image++) {
        const number = names.indexOf(some.name(image));
        if (number < 0) continue;
        assert.equal(attributes!.units[image], `h${number}`);
        assert.equal(attributes!.values['income']![image], number % 2 === 0 ? 'low' : 'high');
      }
    }));

  for (const [what, table, message] of [
    ['an image that is not there', `${TABLE}test/female/z.jpg,p3,female,darker\n`, /no image .*test\/female\/z\.jpg/],
    ['a split that is misspelt', `${TABLE}tset/female/a.jpg,p3,female,darker\n`, /no image .*tset/],
    ['two lines for an image', `${TABLE}test/female/a.jpg,p3,female,darker\n`, /line 5 is the second/],
    ['a short line', `${TABLE}test/male/d.jpg,p3\n`, /line 5 has 2 fields of 4/],
    ['no columns', 'file,gender\n', /first line/],
  ] as const) {
    it(`with ${what} are refused`, () =>
      inTemporaryFolder(async (folder) => {
        await layOut(folder, { ...images, 'attributes.csv': table });
        const data = await openFolderDataset(folder);
        await assert.rejects(data.split('test'), { code: 'DATASET_FILE_BROKEN', message });
      }));
  }

  it('may be missing', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, images);
      assert.equal((await (await openFolderDataset(folder)).split('test')).attributes, undefined);
    }));
});
