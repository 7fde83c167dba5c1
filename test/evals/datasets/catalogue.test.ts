import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { catalogue } from '../../../evals/datasets/catalogue.ts';
import { catalogueMarkdown } from '../../../evals/datasets/catalogue-markdown.ts';

/** Table 13 as it is printed: train, test, classes. */
const table13: Readonly<Record<string, readonly [number, number, number]>> = {
  imagenet: [1_281_167, 50_000, 1000],
  places205: [2_448_862, 20_500, 205],
  voc07: [5_011, 4_952, 20],
  'oxford-pets': [3_680, 3_669, 37],
  'flowers-102': [2_040, 6_149, 102],
  'caltech-101': [3_060, 6_085, 102],
  'patch-camelyon': [262_144, 32_768, 2],
  resisc45: [25_200, 6_300, 45],
  eurosat: [10_000, 5_000, 10],
  'clevr-distance': [70_000, 15_000, 6],
  'clevr-count': [70_000, 15_000, 8],
  'smallnorb-elevation': [24_300, 24_300, 9],
  'dsprites-orientation': [589_824, 147_456, 16],
  'dsprites-location': [589_824, 147_456, 16],
  'ucf-101': [9_537, 3_783, 101],
  'kinetics-700': [536_485, 33_966, 700],
  sun397: [76_129, 21_758, 397],
  gtsrb: [26_683, 12_630, 43],
  'kitti-distance': [5_985, 1_496, 4],
  dtd: [1_880, 1_880, 47],
  svhn: [73_257, 26_032, 10],
};

describe('evals: catalogue of datasets', () => {
  it('has all of Table 13 with its counts, or says that the paper has others', () => {
    const ours = catalogue
      .filter(({ tables }) => tables.includes(13))
      .map(({ name, splits, classes }) => {
        const [train, test] = [splits.train!, splits.test!].map(({ images, paper }) => paper ?? images);
        return [name, [train, test, classes]] as const;
      });
    assert.deepEqual(Object.fromEntries(ours), table13);
    for (const { splits, remarks, name } of catalogue) {
      if (Object.values(splits).some(({ paper }) => paper !== undefined)) assert.match(remarks ?? '', /paper/, name);
    }
  });

  it('has the 25 columns of Table 17', () => {
    assert.equal(catalogue.filter(({ tables }) => tables.includes(17)).length, 25);
    assert.equal(new Set(catalogue.map(({ name }) => name)).size, catalogue.length);
  });

  it('is what the documentation shows', () => {
    const page = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'evaluations', 'datasets.md');
    assert.ok(
      readFileSync(page, 'utf8').includes(catalogueMarkdown(catalogue)),
      'auspex datasets list --markdown prints another table',
    );
  });
});
