import assert from 'node:assert/strict';
import { seededRandom } from '../../data/random.ts';
import { EvaluationError } from '../../evals/errors.ts';
import { bootstrap, bootstrapMean } from '../../evals/intervals/bootstrap.ts';
import { wilsonInterval } from '../../evals/intervals/confidence.ts';
import { highestClass, macroF1, meanPerClass, topK } from '../../evals/metrics/accuracy.ts';
import { averagePrecision, meanAveragePrecision, rankClasses } from '../../evals/metrics/average-precision.ts';
import { precisionAtK } from '../../evals/metrics/precision-at-k.ts';
import { rank } from '../../evals/metrics/ranking.ts';
import { rocAuc } from '../../evals/metrics/roc-auc.ts';

const hasCode = (code: string) => (error: unknown) => error instanceof EvaluationError && error.code === code;
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}, not ${expected}`);

describe('metrics', () => {
  const scores = Float32Array.from([0.1, 0.7, 0.2, 0.5, 0.5, 0, 0.2, 0.3, 0.5]);

  it('top k counts ties for the lower class', () => {
    assert.deepEqual([...topK(scores, 3, [1, 1, 0], 1)], [1, 0, 0]);
    assert.deepEqual([...topK(scores, 3, [1, 1, 0], 2)], [1, 1, 0]);
    assert.deepEqual([...highestClass(scores, 3)], [1, 0, 2]);
    assert.throws(() => topK(scores, 3, [1, 1], 1), hasCode('SHAPES_DIFFER'));
  });

  it('mean per class and macro-F1 weigh classes alike, and leave out those that do not occur', () => {
    const [predicted, labels] = [
      [0, 0, 0, 1, 1, 0],
      [0, 0, 0, 0, 1, 1],
    ];
    near(meanPerClass(predicted!, labels!, 4), (3 / 4 + 1 / 2) / 2);
    // F1 of class 0: 2*3 / (4 + 4); of class 1: 2*1 / (2 + 2).
    near(macroF1(predicted!, labels!, 4), (6 / 8 + 2 / 4) / 2);
    near(macroF1([0, 0, 1, 2], [0, 0, 1, 1], 3), (1 + 2 / 3) / 2);
  });

  it('a sample with counts scores as the same rows written out', () => {
    const { integer, uniform } = seededRandom(3);
    const rows = 60;
    const values = Float32Array.from({ length: rows }, () => Math.round(20 * uniform(0, 1)));
    const present = Int8Array.from(values, (value) => Number(value + uniform(-10, 10) > 12));
    const guesses = Int32Array.from(values, () => integer(3));
    const labels = Int32Array.from(values, () => integer(3));
    const counts = Uint16Array.from(values, () => integer(4));
    const chosen = [...counts].flatMap((count, row) => Array<number>(count).fill(row));
    const of = <T extends ArrayLike<number>>(all: T) => chosen.map((row) => all[row]!);
    const [whole, drawn] = [rank(values, present), rank(of(values), of(present))];
    for (const kind of ['full', 'eleven-point', 'step'] as const) {
      near(averagePrecision(whole, kind, counts), averagePrecision(drawn, kind));
    }
    near(rocAuc(whole, counts), rocAuc(drawn));
    near(meanPerClass(guesses, labels, 3, counts), meanPerClass(of(guesses), of(labels), 3));
    near(macroF1(guesses, labels, 3, counts), macroF1(of(guesses), of(labels), 3));
  });

  it('mean average precision leaves out rows that nobody judged and classes without any', () => {
    // Class 0: ranking 1, -, 0, 1. Class 1: nothing belongs.
    const columns = Float32Array.from([0.9, 0, 0.8, 0, 0.7, 0, 0.6, 0]);
    const present = Int8Array.from([1, 0, -1, 0, 0, 0, 1, 0]);
    near(meanAveragePrecision(rankClasses(columns, present, 2), 'step'), (1 + 2 / 3) / 2);
    assert.throws(() => rankClasses(columns, new Int8Array(8), 2), hasCode('TOO_FEW_CLASSES'));
  });

  it('precision at k counts the first k neighbours', () => {
    const neighbours = { k: 3, indices: Int32Array.from([0, 1, 2, 2, 1, 0]), similarities: new Float64Array(6) };
    assert.deepEqual([...precisionAtK(neighbours, [5, 6], [5, 6, 6], 2)], [0.5, 1]);
    assert.throws(() => precisionAtK(neighbours, [5, 6], [5, 6, 6], 4), hasCode('SHAPES_DIFFER'));
  });
});

describe('bootstrap', () => {
  const { uniform } = seededRandom(11);
  const values = Float64Array.from({ length: 400 }, () => uniform(0, 1));

  it('of a mean is as wide as theory has it', () => {
    const { value, low, high } = bootstrapMean(values, { samples: 4000 });
    const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length ** 2);
    near(value, mean);
    assert.ok(Math.abs((high - low) / (2 * 1.96 * deviation) - 1) < 0.08, `${low} to ${high}`);
  });

  it('of any figure draws the samples that a mean has, the same for the same seed', () => {
    const mean = (counts: Uint16Array) =>
      values.reduce((sum, each, row) => sum + each * counts[row]!, 0) / values.length;
    const [one, two] = [bootstrapMean(values, { seed: 7 }), bootstrap(values.length, mean, { seed: 7 })];
    for (const part of ['value', 'low', 'high'] as const) near(one[part], two[part]);
    assert.notEqual(bootstrapMean(values, { seed: 8 }).low, one.low);
  });

  it('of groups brackets the mean, and more tightly with more of them', () => {
    const draw = (numGroups: number) => {
      const random = seededRandom(7);
      const scores = Array.from({ length: numGroups }, () => Number(random.chance(0.6)));
      return bootstrapMean(scores, { groups: scores.map((_, index) => index) });
    };
    const [few, many] = [draw(20), draw(2000)];
    for (const { value, low, high } of [few, many]) assert.ok(low < value && value < high);
    assert.ok(many.high - many.low < (few.high - few.low) / 5);
    // The normal approximation of the interval of a share, 1.96 sqrt(p (1 - p) / n).
    const expected = 2 * 1.96 * Math.sqrt((many.value * (1 - many.value)) / 2000);
    assert.ok(Math.abs(many.high - many.low - expected) < 0.15 * expected);
  });

  it('of groups does not take their rows for independent ones', () => {
    const scores = Array.from({ length: 400 }, (_, index) => Number(index % 40 < 20)); // 10 groups of 40 rows
    const ofRows = bootstrapMean(scores);
    const groups = scores.map((_, index) => Math.floor(index / 40));
    const ofGroups = bootstrapMean(
      Array.from({ length: 400 }, (_, index) => Number(index < 200)),
      { groups },
    );
    near(ofRows.value, ofGroups.value);
    assert.ok(ofGroups.high - ofGroups.low > 3 * (ofRows.high - ofRows.low));
    const allRight = bootstrapMean(new Float64Array(400).fill(1), { groups });
    assert.deepEqual(allRight, wilsonInterval(10, 10), 'ten groups, not 400 rows');
  });

  it('of any figure draws groups whole: rows that stand there fifty times say no more than one', () => {
    const predicted = Int32Array.from([0, 1, 0, 2, 1, 2, 0, 0]);
    const labels = Int32Array.from([0, 1, 1, 2, 2, 2, 0, 1]);
    const once = bootstrap(8, (counts) => macroF1(predicted, labels, 3, counts));
    const rows = Array.from({ length: 400 }, (_, row) => Math.floor(row / 50));
    const [guesses, truth] = [rows.map((row) => predicted[row]!), rows.map((row) => labels[row]!)];
    const groups = rows.map((row) => `camera ${row}`);
    const often = bootstrap(400, (counts) => macroF1(guesses, truth, 3, counts), { groups });
    assert.deepEqual(often, once);
  });

  it('leaves out samples that have no value, and refuses no rows', () => {
    const belongs = Float32Array.from([1, 0, 0]);
    const { low } = bootstrap(3, (counts) => averagePrecision(rank(belongs, belongs), 'step', counts));
    assert.equal(low, 1);
    assert.throws(() => bootstrapMean([]), hasCode('TOO_FEW_ROWS'));
  });
});
