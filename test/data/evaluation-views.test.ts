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
