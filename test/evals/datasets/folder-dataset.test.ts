/** Folders of images as datasets. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Split } from '../../../evals/datasets/dataset.ts';
import { openFolderDataset } from '../../../evals/datasets/folder-dataset.ts';
import { temporaryFolder, writePhotos } from '../../training/tiny-training.ts';

const namesOf = ({ images }: Split) => Array.from({ length: images.length }, (_, i) => images.name(i));

/** What is said of each image by its label, and by the folder that it lies in. */
function labelsOf({ images, labels }: Split, classes: readonly string[]): [said: string, lies: string][] {
  assert.ok(labels.kind === 'classes');
  return [...labels.classes].map((label, i) => [classes[label]!, images.name(i).split('/')[0]!]);
}

describe('a folder as a dataset', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  before(async () => {
    await writePhotos(at('classes'), 43, ['b', 'a', 'c']);
    for (const [split, count] of [
      ['train', 6],
      ['test', 4],
    ] as const)
      await writePhotos(at('splits', split), count, ['x', 'y']);
  });
  after(() => temporary.remove());

  it('has the splits and classes of its folders', async () => {
    const data = await openFolderDataset(at('splits'));
    assert.deepEqual([data.classes, data.splits, data.score], [['x', 'y'], ['train', 'test'], 'accuracy']);
    for (const [name, count] of [
      ['train', 6],
      ['test', 4],
    ] as const) {
      const split = await data.split(name);
      assert.equal(split.images.length, count);
      for (const [said, lies] of labelsOf(split, data.classes)) assert.equal(said, lies);
    }
    await assert.rejects(data.split('val'), { code: 'SPLIT_MISSING' });
  });

  it('is divided where it has classes alone: a fifth of each, the same every time', async () => {
    const data = await openFolderDataset(at('classes'));
    assert.deepEqual(
      [data.classes, data.splits],
      [
        ['a', 'b', 'c'],
        ['train', 'test'],
      ],
    );
    const [train, test] = [await data.split('train'), await data.split('test')];
    const all = [...namesOf(train), ...namesOf(test)];
    assert.equal(new Set(all).size, 43);
    for (const name of data.classes) {
      const count = (split: Split) => namesOf(split).filter((image) => image.startsWith(`${name}/`)).length;
      assert.equal(count(test), Math.ceil(0.2 * (count(train) + count(test))), name);
    }
    for (const [said, lies] of [...labelsOf(train, data.classes), ...labelsOf(test, data.classes)])
      assert.equal(said, lies);
    const [image] = namesOf(test);
    assert.equal(test.images.path!(0), at('classes', image!));
    assert.deepEqual(namesOf(await (await openFolderDataset(at('classes'))).split('test')), namesOf(test));
    // Not simply the first or the last of each class.
    const ofA = all.filter((name) => name.startsWith('a/')).sort();
    const held = namesOf(test).filter((name) => name.startsWith('a/'));
    assert.notDeepEqual(held, ofA.slice(0, held.length));
    assert.notDeepEqual(held, ofA.slice(-held.length));
  });

  it('keeps the only image of a class to learn from, and follows links to folders', async () => {
    await writePhotos(at('few'), 1, ['one']);
    symlinkSync(at('classes', 'a'), at('few', 'linked'));
    symlinkSync(at('nowhere'), at('few', 'broken'));
    const data = await openFolderDataset(at('few'));
    assert.deepEqual(data.classes, ['linked', 'one']);
    const names = namesOf(await data.split('train'));
    assert.ok(names.some((name) => name.startsWith('one/')) && names.some((name) => name.startsWith('linked/')));
  });

  it('is refused where an image has no class, or there are no folders', async () => {
    await writePhotos(at('stray'), 4, ['x', 'y']);
    writeFileSync(at('stray', 'loose.jpg'), '');
    await assert.rejects((await openFolderDataset(at('stray'))).split('train'), {
      code: 'LABELS_WRONG',
      message: /loose\.jpg lies in no/,
    });
    mkdirSync(at('empty'));
    await assert.rejects(openFolderDataset(at('empty')), { code: 'SPLIT_MISSING' });
    await assert.rejects(openFolderDataset(at('nosuch')), { code: 'SPLIT_MISSING' });
  });
});
