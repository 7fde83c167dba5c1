import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadEvaluationViews } from '../../data/evaluation-views.ts';
import { openImageFolder } from '../../data/image-folder.ts';
import { makeEvaluationViews } from '../../kernels/images.ts';
import { inTemporaryFolder, picture, writeJpegs } from './pictures.ts';

describe('data: evaluation views', () => {
  it('gives a view of every image of any format, in the order asked for, and names what it skips', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 2);
      await writeFile(path.join(folder, '002.png'), await picture(70, 50, 2).png().toBuffer());
      await writeFile(path.join(folder, '003.jpg'), 'no picture');
      const source = await openImageFolder(folder);
      const { views, skipped } = await loadEvaluationViews(source, [3, 2, 0, 1], { size: 32, threads: 2 });
      const length = 32 * 32 * 3;
      const row = (i: number) => views.subarray(i * length, (i + 1) * length);
      assert.deepEqual(
        skipped.map((skip) => [skip.row, skip.index, skip.name, skip.code]),
        [[0, 3, '003.jpg', 'NOT_AN_IMAGE']],
      );
      assert(row(0).every((value) => value === 0));
      const pixels = { width: 70, height: 50, data: await picture(70, 50, 2).raw().toBuffer() };
      const inputs = [pixels, source.path(0), source.path(1)];
      for (const [i, input] of inputs.entries()) {
        const expected = await makeEvaluationViews([input], 32, 1);
        assert.deepEqual(row(i + 1), expected.views, `row ${i + 1}`);
      }
    }));

  it('puts views into memory that it is given, and leaves rows without one as they are', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 1);
      await writeFile(path.join(folder, '001.png'), await picture(70, 50, 2).png().toBuffer());
      await writeFile(path.join(folder, '002.jpg'), 'no picture');
      const source = await openImageFolder(folder);
      const expected = await loadEvaluationViews(source, [0, 1], { size: 16 });
      const into = new Uint8Array(3 * 16 * 16 * 3).fill(77);
      const { views, skipped } = await loadEvaluationViews(source, [0, 1, 2], { size: 16, into });
      assert.equal(views, into);
      assert.deepEqual(
        skipped.map(({ row }) => row),
        [2],
      );
      const row = 16 * 16 * 3;
      assert.deepEqual(into.subarray(0, 2 * row), expected.views);
      assert(into.subarray(2 * row).every((value) => value === 77));
    }));

  it('looks at a region', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 1);
      const source = await openImageFolder(folder);
      const options = { size: 16, region: [0, 0, 0.5, 1] as const, grey: true };
      const { views } = await loadEvaluationViews(source, [0], options);
      const expected = await makeEvaluationViews([source.path(0)], 16, 1, options);
      assert.deepEqual(views, expected.views);
    }));
});
