/** A model card's figures lead to the evaluations that they are from. */
import assert from 'node:assert/strict';
import { buildReport } from '../../../evals/report/build-report.ts';
import { buildModelCard } from '../../../evals/report/model-card.ts';
import { madeUpRetrieval, people } from '../../report/made-up-groups.ts';
import { madeUpResult } from '../../report/made-up-results.ts';

describe('a model card', () => {
  it('says of each figure of fairness which of the evaluations it is from, be others before it', () => {
    const results = [madeUpResult(), madeUpRetrieval(people(0.1)), madeUpResult({ protocol: 'knn' })];
    const found = results.map((result, i) => ({ file: `/results/${i}/result.json`, result }));
    const card = buildModelCard(buildReport(found, new Map(), { title: 'Test' }), { unknown: 'nobody said' });
    const figures = card.fairness.flatMap(({ groups }) => groups.flatMap(({ figure }) => (figure ? [figure] : [])));
    assert.ok(figures.length > 0);
    for (const { result } of figures) {
      assert.equal(card.evaluations[result]!.protocol, 'same-attribute-retrieval', `evaluation ${result}`);
    }
  });
});
