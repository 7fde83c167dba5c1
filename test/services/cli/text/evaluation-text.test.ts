/** What people read of a result that is divided by groups. */
import assert from 'node:assert/strict';
import type { EvaluationResult, GroupSize } from '../../../../evals/result.ts';
import { evaluationText } from '../../../../services/cli/text/evaluation-text.ts';

const size = (group: string, more: Partial<GroupSize> = {}): GroupSize => ({
  ...{ group, images: 80, units: 40, unjudged: 0, status: 'enough' },
  ...more,
});

function textOf(groups: readonly GroupSize[], unlabelled = 0): string {
  const sizes = {
    attribute: 'gender',
    unit: 'person',
    mean: 'images',
    minimum: 30,
    minimumUnits: 10,
    groups,
    unlabelled,
  } as const;
  const result: EvaluationResult = {
    ...{ formatVersion: 1, protocol: 'same-attribute-retrieval', source: 'Sec. 4.1.1', options: {}, files: {} },
    ...{ seconds: 1, time: '', versions: {}, groups: [sizes] },
    checkpoint: { path: 'run', step: 1, digest: '', architecture: 'tiny', parameters: 1 },
    data: { name: 'folder', folder: '.', classes: 2, images: { test: 160 }, skipped: [], digest: '' },
    metrics: [
      { name: 'P@1', value: 0.5, low: 0.4, high: 0.6, count: 160, of: { attribute: 'gender', group: 'female' } },
    ],
  };
  return evaluationText(result, 'out');
}

describe('the text of an evaluation by groups', () => {
  it('says what no figure says: too few images, no right answer, no label', () => {
    const text = textOf(
      [
        size('female'),
        size('male', { images: 12, units: 1, status: 'too few' }),
        size('other', { images: 0, units: 0, unjudged: 4, status: 'not judged' }),
      ],
      7,
    );
    assert.match(text, /^gender: 7 images have no label$/m);
    assert.match(text, /^gender: images without a right answer: 4 of other$/m);
    assert.match(text, /^gender: not compared, for fewer than 30 images or 10 persons: male \(12 images, 1 person\)$/m);
    assert.match(text, /P@1 +gender +female +50\.0 %/);
  });

  it('says nothing more where every group has enough', () => {
    assert.doesNotMatch(textOf([size('female'), size('male')]), /^gender:/m);
  });
});
