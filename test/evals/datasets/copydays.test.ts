/** The reader of Copydays, on a small folder in its true layout, and on what people make of it. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isCopydays, openCopydays } from '../../../evals/datasets/copydays.ts';
import { publishedCounts } from '../../../evals/datasets/copydays-layout.ts';
import type { Labels } from '../../../evals/datasets/dataset.ts';
import { jpeg } from '../../data/pictures.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';

const ORIGINALS = ['200000.jpg', '200100.jpg', '211500.jpg'];
const STRONG = ['200001.jpg', '200002.jpg', '200101.jpg', '211501.jpg'];
const counts = (block: string) => (block === 'strong' ? 4 : 3);

describe('Copydays', () => {
  const temporary = temporaryFolder();
  const folder = path.join(temporary.path, 'copydays');
  const at = (...parts: string[]) => path.join(folder, ...parts);

  beforeEach(async () => {
    const bytes = await jpeg(24, 16, 1);
    const block = (name: string, files: readonly string[]) => {
      mkdirSync(at(name), { recursive: true });
      for (const file of files) writeFileSync(at(name, file), bytes);
    };
    block('original', ORIGINALS);
    block('strong', STRONG);
    block('crops/10', ORIGINALS);
    block('crops/80', ORIGINALS);
    block('jpegqual/3', ORIGINALS);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  after(() => temporary.remove());

  /** The classes of each image. */
  const classesOf = (labels: Labels, numClasses: number) => {
    assert.ok(labels.kind === 'sets');
    return Array.from({ length: labels.present.length / numClasses }, (_, image) =>
      [...Array(numClasses).keys()].filter((label) => labels.present[image * numClasses + label] === 1),
    );
  };

  it('is known by its folders', () => {
    assert.ok(isCopydays(folder));
    assert.ok(!isCopydays(temporary.path));
  });

  it('has originals to find, and copies in blocks to find them with', async () => {
    const { name, classes, splits, split } = await openCopydays(folder, counts);
    assert.deepEqual([name, [...classes], [...splits]], ['copydays', ['2000', '2001', '2115'], ['val', 'test']]);
    const database = await split('val');
    assert.deepEqual(classesOf(database.labels, 3), [[0], [1], [2]]);
    assert.equal(database.images.path!(2), at('original', '211500.jpg'));
    const queries = await split('test');
    assert.deepEqual(
      [...new Set(queries.groups)],
      ['strong', 'crops/10', 'crops/80', 'jpegqual/3'],
      'strong comes first, for figures are in the order of blocks',
    );
    assert.equal(queries.images.length, 4 + 3 * 3);
    assert.deepEqual(classesOf(queries.labels, 3).slice(0, 4), [[0], [0], [1], [2]]);
    assert.equal(queries.images.name(3), 'strong/211501.jpg');
  });

  it('takes distractors and images for whitening from folders beside, or links to folders', async () => {
    mkdirSync(path.join(temporary.path, 'others', 'deep'), { recursive: true });
    writeFileSync(path.join(temporary.path, 'others', 'deep', 'any name.jpg'), await jpeg(24, 16, 2));
    symlinkSync(path.join(temporary.path, 'others'), at('distractors'));
    symlinkSync(path.join(temporary.path, 'others'), at('whitening'));
    const { splits, split } = await openCopydays(folder, counts);
    assert.deepEqual([...splits], ['train', 'val', 'test']);
    const database = await split('val');
    assert.equal(database.images.name(3), 'distractors/deep/any name.jpg');
    assert.deepEqual(classesOf(database.labels, 3), [[0], [1], [2], []], 'a distractor is a copy of nothing');
    assert.ok((await database.images.read(3)).length > 0);
    assert.equal((await split('train')).images.length, 1);
  });

  it('says which split there is none of', async () => {
    const { split } = await openCopydays(folder, counts);
    await assert.rejects(split('train'), { code: 'DATASET_SPLIT_MISSING', message: /no folder whitening/ });
  });

  it('was published with 157 originals, 229 strong copies, and 3,212 queries in all', async () => {
    const series = [...Array(18)].map((_, i) => `crops/${i}`);
    const all = ['original', 'strong', ...series].reduce((sum, block) => sum + publishedCounts(block), 0);
    assert.equal(all, 3212);
    await assert.rejects(openCopydays(folder), {
      code: 'DATASET_COUNTS',
      message: /original has 3 images instead of 157; unpack it again/,
    });
  });

  const wrong: Record<string, { break: () => void; code: string; message: RegExp }> = {
    'no originals': {
      break: () => rmSync(at('original'), { recursive: true }),
      code: 'DATASET_LAYOUT',
      message: /original cannot be read/,
    },
    'no copies': {
      break: () => ['strong', 'crops', 'jpegqual'].map((name) => rmSync(at(name), { recursive: true })),
      code: 'DATASET_LAYOUT',
      message: /originals and no copies; unpack copydays_strong/,
    },
    'a file of another name': {
      break: () => writeFileSync(at('strong', 'notes.txt'), ''),
      code: 'DATASET_LAYOUT',
      message: /notes\.txt is not named as Copydays names its images/,
    },
    'a copy among the originals': {
      break: () => writeFileSync(at('original', '200003.jpg'), ''),
      code: 'DATASET_LAYOUT',
      message: /200003\.jpg is named as a copy/,
    },
    'a copy without its original': {
      break: () => rmSync(at('original', '200100.jpg')),
      code: 'DATASET_LAYOUT',
      message: /200101\.jpg is a copy of .*200100\.jpg, which is missing/,
    },
    'a copy too few': {
      break: () => rmSync(at('crops', '10', '200100.jpg')),
      code: 'DATASET_COUNTS',
      message: /crops.10 has 2 images instead of 3/,
    },
    'a manifest of something else': {
      break: () => writeFileSync(at('manifest.json'), '{"blocks": 3}'),
      code: 'DATASET_LAYOUT',
      message: /does not say how many images/,
    },
  };
  for (const [name, { break: spoil, code, message }] of Object.entries(wrong)) {
    it(`${name}: one clear error`, async () => {
      spoil();
      await assert.rejects(openCopydays(folder, name.includes('manifest') ? undefined : counts), { code, message });
    });
  }
});
