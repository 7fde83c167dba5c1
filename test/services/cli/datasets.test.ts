import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DatasetRecord } from '../../../evals/datasets/record.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { layOut } from '../../evals/datasets/layouts.ts';
import { auspex } from './run.ts';

const lists = (train: string, test: string) => ({
  'food-101/meta/classes.txt': 'apple_pie\nwaffles\n',
  'food-101/meta/train.txt': train,
  'food-101/meta/test.txt': test,
  'food-101/images/waffles/9.jpg': null,
  'food-101/images/apple_pie/1.jpg': null,
  'food-101/images/apple_pie/2.jpg': null,
});

describe('cli: datasets', () => {
  it('lists the catalogue with terms of use', () => {
    const { code, stdout } = auspex(['datasets', 'list']);
    assert.equal(code, 0);
    assert.match(stdout, /^name .*terms of use\n/);
    assert.match(stdout, /^eurosat +10,000 +5,000 +10 +accuracy +MIT$/m);
    const json = auspex(['datasets', 'list', '--json']).json<{ datasets: { name: string; needs: string[] }[] }>();
    assert.deepEqual(json.datasets.find(({ name }) => name === 'svhn')?.needs, ['train_32x32.mat', 'test_32x32.mat']);
  });

  it('prepares where the images lie, verifies, and names what is missing', () =>
    inTemporaryFolder(async (folder) => {
      const from = path.join(folder, 'download');
      const out = path.join(folder, 'food');
      await layOut(from, lists('waffles/9\napple_pie/1\n', 'apple_pie/2\nwaffles/9\n'));
      const refused = auspex(['datasets', 'prepare', 'food-101', '--from', from, '--out', out]);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /^error DATASET_COUNTS: .*2 classes.*101/);

      const prepared = auspex(['datasets', 'prepare', 'food-101', '--from', from, '--out', out, '--partial', '--json']);
      assert.equal(prepared.code, 0, prepared.stderr);
      const record = prepared.json<DatasetRecord>();
      assert.deepEqual(
        [record.files, record.splits.train?.images, record.terms.name.length > 0],
        ['../download', 2, true],
      );
      assert.ok(
        !readFileSync(path.join(out, 'dataset.json'), 'utf8').includes(folder),
        'no path of this machine is written',
      );

      const good = auspex(['datasets', 'verify', out, '--json']);
      assert.equal(good.code, 0, good.stderr);
      assert.deepEqual(good.json<{ problems: string[] }>().problems, []);

      await rm(path.join(from, 'food-101/images/waffles/9.jpg'));
      const bad = auspex(['datasets', 'verify', out]);
      assert.equal(bad.code, 1);
      assert.match(bad.stdout, /split train lacks 1 files: images\/waffles\/9.jpg/);
      assert.match(bad.stderr, /^error DATASET_PROBLEMS/);

      await layOut(from, lists('waffles/9\napple_pie/1\n', 'apple_pie/2\n'));
      const changed = auspex(['datasets', 'verify', out, '--json']);
      assert.match(changed.json<{ problems: string[] }>().problems[0]!, /DATASET_CHANGED: .*split test/);
      assert.equal(auspex(['datasets', 'prepare', 'food-101', '--from', from, '--out', out, '--partial']).code, 0);
      assert.match(auspex(['datasets', 'verify', out]).stdout, /split test has no image of 1 classes: waffles/);
    }));

  it('refuses classes without images, and folders that were not prepared', () =>
    inTemporaryFolder(async (folder) => {
      const classes = Array.from({ length: 10 }, (_, digit) => digit);
      const row = (label: number) => Buffer.concat([Buffer.from([label]), Buffer.alloc(3072)]);
      const batch = Buffer.concat(Array.from({ length: 10_000 }, (_, index) => row(index % 9)));
      const batches = [1, 2, 3, 4, 5].map(
        (number) => [`cifar-10-batches-bin/data_batch_${number}.bin`, batch] as const,
      );
      await layOut(folder, {
        ...Object.fromEntries(batches),
        'cifar-10-batches-bin/test_batch.bin': batch,
        'cifar-10-batches-bin/batches.meta.txt': classes.join('\n'),
      });
      const out = path.join(folder, 'out');
      const empty = auspex(['datasets', 'prepare', 'cifar-10', '--from', folder, '--out', out]);
      assert.equal(empty.code, 1);
      assert.match(empty.stderr, /^error DATASET_CLASS_EMPTY: .*class 9 in split train/);

      assert.match(auspex(['datasets', 'verify', folder]).stderr, /^error DATASET_NOT_PREPARED/);
      await writeFile(path.join(folder, 'dataset.json'), '{"formatVersion": 2}');
      assert.match(auspex(['datasets', 'verify', folder]).stderr, /^error DATASET_NOT_PREPARED: .*formatVersion/);
    }));
});
