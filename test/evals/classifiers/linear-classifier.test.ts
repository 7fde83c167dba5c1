import assert from 'node:assert/strict';
import { normalNumbers } from '../../../data/random.ts';
import { scoresOf, trainLinearClassifier } from '../../../evals/classifiers/linear-classifier.ts';
import { trainSupportVectors } from '../../../evals/classifiers/support-vectors.ts';
import { EvaluationError } from '../../../evals/errors.ts';
import { features, unitRows } from '../../../evals/features/features.ts';

const hasCode = (code: string) => (error: unknown) => error instanceof EvaluationError && error.code === code;
const [COUNT, WIDTH] = [300, 6] as const;
const train = features(normalNumbers(COUNT * WIDTH, 1), WIDTH);
/** The class is the largest of the first three features. */
const classes = Int32Array.from({ length: COUNT }, (_, row) => {
  const first = [...train.values.subarray(row * WIDTH, row * WIDTH + 3)];
  return first.indexOf(Math.max(...first));
});
const labels = { kind: 'classes', classes } as const;
const present = Int8Array.from({ length: COUNT * 3 }, (_, i) => Number(classes[Math.floor(i / 3)] === i % 3));

describe('linear classifier', () => {
  it('is the same for the same seed, and another for another', async () => {
    const train1 = () => trainLinearClassifier(train, labels, 3, { epochs: 3, seed: 5 });
    const [one, two] = [await train1(), await train1()];
    assert.deepEqual(one.weight, two.weight);
    const other = await trainLinearClassifier(train, labels, 3, { epochs: 3, seed: 6 });
    assert.notDeepEqual(one.weight, other.weight);
  });

  it('learns nothing from what nobody judged', async () => {
    const unjudged = present.map((value, i) => (i % 3 === 2 ? -1 : value));
    const trained = await trainLinearClassifier(train, { kind: 'sets', present: unjudged }, 3, {
      weightDecay: 0,
      epochs: 4,
    });
    const untrained = await trainLinearClassifier(train, labels, 3, { epochs: 0 });
    const column = (weight: Float32Array, label: number) => weight.filter((_, i) => i % 3 === label);
    assert.deepEqual(column(trained.layers.weight, 2), column(untrained.layers.weight, 2));
    assert.notDeepEqual(column(trained.layers.weight, 0), column(untrained.layers.weight, 0));
  });

  it('divides the rate at each milestone', async () => {
    const options = { batchSize: COUNT, epochs: 2, momentum: 0, weightDecay: 0 };
    const weights = async (milestones: number[], epochs: number) =>
      (await trainLinearClassifier(train, labels, 3, { ...options, milestones, epochs })).layers.bias;
    const before = await weights([1], 1);
    const change = (after: Float32Array) => after[0]! - before[0]!;
    const ratio = change(await weights([], 2)) / change(await weights([1], 2));
    assert.ok(Math.abs(ratio - 10) < 0.05, `${ratio}`);
  });

  it('tells of steps, and ends by a signal', async () => {
    const seen: number[] = [];
    const onProgress = (done: number, total: number) => seen.push(done / total);
    await trainLinearClassifier(train, labels, 3, { epochs: 4 }, { onProgress });
    assert.deepEqual(seen, [0.25, 0.5, 0.75, 1]);
    const stop = new AbortController();
    const reason = new Error('enough');
    const stopped = trainLinearClassifier(
      train,
      labels,
      3,
      {},
      { signal: stop.signal, onProgress: () => stop.abort(reason) },
    );
    await assert.rejects(stopped, reason);
  });

  it('refuses labels that do not fit, and classes that cannot be told apart', async () => {
    const refused = (given: Int32Array, code: string) =>
      assert.rejects(trainLinearClassifier(train, { kind: 'classes', classes: given }, 3), hasCode(code));
    await refused(classes.subarray(1), 'SHAPES_DIFFER');
    await refused(
      classes.map((label) => label + 1),
      'LABELS_OUT_OF_RANGE',
    );
    await refused(new Int32Array(COUNT), 'TOO_FEW_CLASSES');
    const trained = await trainLinearClassifier(train, labels, 3, { epochs: 1 });
    await assert.rejects(scoresOf(trained, features(new Float32Array(4), 2)), hasCode('SHAPES_DIFFER'));
  });
});

describe('support vector machines', () => {
  it('end where no small step makes the objective less', async () => {
    const unit = unitRows(train);
    const trained = await trainSupportVectors(unit, present, 3, { costs: [1] });
    const objective = (w: Float64Array) => {
      let sum = w.reduce((squares, value) => squares + value * value, 0) / 2;
      for (let row = 0; row < COUNT; row++) {
        const target = present[row * 3]! > 0 ? 1 : -1;
        let score = w[WIDTH]!;
        for (let c = 0; c < WIDTH; c++) score += w[c]! * unit.values[row * WIDTH + c]!;
        sum += (target > 0 ? 2 : 1) * Math.max(0, 1 - target * score) ** 2;
      }
      return sum;
    };
    const found = Float64Array.from({ length: WIDTH + 1 }, (_, c) => trained.weight[c * 3] ?? trained.bias[0]!);
    found[WIDTH] = trained.bias[0]!;
    for (let c = 0; c <= WIDTH; c++) {
      for (const step of [-0.01, 0.01]) {
        const moved = found.map((value, i) => value + (i === c ? step : 0));
        assert.ok(objective(moved) > objective(found), `weight ${c}, step ${step}`);
      }
    }
  });

  it('refuse a class that not every fold has', async () => {
    const rare = present.map((value, i) => (i % 3 === 1 && i > 20 ? 0 : value));
    await assert.rejects(trainSupportVectors(train, rare, 3, { folds: 8 }), hasCode('TOO_FEW_ROWS'));
  });
});
