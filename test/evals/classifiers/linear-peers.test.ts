/** The same features under PyTorch and scikit-learn: within 0.2 points of their accuracies. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { readSafetensors, writeSafetensors } from '../../../checkpoints/safetensors.ts';
import { normalNumbers, seededRandom } from '../../../data/random.ts';
import { scoresOf, trainLinearClassifier } from '../../../evals/classifiers/linear-classifier.ts';
import { trainSupportVectors } from '../../../evals/classifiers/support-vectors.ts';
import { features, unitRows } from '../../../evals/features/features.ts';
import { topK } from '../../../evals/metrics/accuracy.ts';
import { meanAveragePrecision, rankClasses } from '../../../evals/metrics/average-precision.ts';
import { nearestNeighbours } from '../../../evals/neighbours/nearest-neighbours.ts';
import { packageRoot } from '../../../kernels/addon.ts';
import { f32 } from '../../checkpoints/random-checkpoint.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';

const [TRAIN, TEST, WIDTH, CLASSES, SETS] = [3000, 4000, 48, 12, 4] as const;
const COSTS = [0.01, 0.1, 1];
/** Points of accuracy, of 100. */
const MOST_APART = 0.2;

describe('linear classifiers and neighbours beside PyTorch and scikit-learn', function () {
  this.timeout(180_000);
  const temporary = temporaryFolder();
  const python = process.env['AUSPEX_PYTHON'] ?? path.join(packageRoot, 'bench', '.python', 'bin', 'python');
  const { rows, classes, present } = clusters();
  const train = features(rows.subarray(0, TRAIN * WIDTH), WIDTH);
  const test = features(rows.subarray(TRAIN * WIDTH), WIDTH);
  const trainClasses = { kind: 'classes', classes: classes.subarray(0, TRAIN) } as const;
  const trainSets = { kind: 'sets', present: present.subarray(0, TRAIN * SETS) } as const;
  const testSets = present.subarray(TRAIN * SETS);
  let theirs: ReturnType<typeof readSafetensors>;
  const values = (name: string) => new Float32Array(Uint8Array.from(theirs.get(name)!.data).buffer);

  before(async function () {
    if (spawnSync(python, ['-c', 'import torch, sklearn, safetensors']).status !== 0) {
      return this.skip(); // this machine's Python has no PyTorch or no scikit-learn
    }
    const [input, output] = ['given', 'found'].map((name) => path.join(temporary.path, name)) as [string, string];
    await writeSafetensors(
      input,
      new Map([
        ['train', f32([TRAIN, WIDTH], Float32Array.from(train.values))],
        ['test', f32([TEST, WIDTH], Float32Array.from(test.values))],
        ['classes', f32([TRAIN], Float32Array.from(trainClasses.classes))],
        ['present', f32([TRAIN, SETS], Float32Array.from(trainSets.present))],
        ['costs', f32([COSTS.length], Float32Array.from(COSTS))],
      ]),
    );
    const { status, stderr } = spawnSync(python, [path.join(import.meta.dirname, 'linear_peer.py'), input, output], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    theirs = readSafetensors(output);
  });
  after(() => temporary.remove());

  for (const precision of ['fp32', 'bf16'] as const) {
    it(`one class each, in ${precision}`, async () => {
      const trained = await trainLinearClassifier(train, trainClasses, CLASSES, { precision });
      const accuracy = (scores: Float32Array) => {
        const hits = topK(scores, CLASSES, classes.subarray(TRAIN), 1);
        return (100 * hits.reduce((sum, hit) => sum + hit, 0)) / TEST;
      };
      assertNear(accuracy(await scoresOf(trained, test)), accuracy(values('classes')));
    });
  }

  it('sets of classes', async () => {
    const trained = await trainLinearClassifier(train, trainSets, SETS);
    assertNear(meanPrecision(await scoresOf(trained, test)), meanPrecision(values('sets')));
  });

  it('support vector machines, and the cost of each', async () => {
    const trained = await trainSupportVectors(unitRows(train), trainSets.present, SETS, { costs: COSTS });
    assert.deepEqual([...trained.costs].map(Math.fround), [...values('costs')]);
    assertNear(meanPrecision(await scoresOf(trained, unitRows(test))), meanPrecision(values('machines')));
  });

  it('neighbours, every one', async () => {
    const { indices } = await nearestNeighbours(test, train, 20);
    const expected = new Int32Array(Uint8Array.from(theirs.get('neighbours')!.data).buffer);
    const same = indices.filter((row, i) => row === expected[i]).length;
    // scikit-learn ranks in f32, where neighbours may be too close to tell apart.
    assert.ok(same >= 0.9999 * indices.length, `${same} of ${indices.length}`);
  });

  function meanPrecision(scores: Float32Array): number {
    return 100 * meanAveragePrecision(rankClasses(scores, testSets, SETS), 'step');
  }
});

function assertNear(ours: number, theirs: number) {
  assert.ok(theirs > 30 && theirs < 99, `the task tells nothing: ${theirs}`);
  assert.ok(Math.abs(ours - theirs) <= MOST_APART, `ours ${ours}, theirs ${theirs}`);
}

/** Clusters that overlap; what belongs to a set is a noisy half-space of the features. */
function clusters() {
  const noise = normalNumbers((TRAIN + TEST) * WIDTH, 1);
  const centres = normalNumbers(CLASSES * WIDTH, 2);
  const directions = normalNumbers(SETS * WIDTH, 3);
  const random = seededRandom(4);
  const classes = Int32Array.from({ length: TRAIN + TEST }, () => random.integer(CLASSES));
  const rows = noise.map((value, i) => 2 * value + centres[classes[Math.floor(i / WIDTH)]! * WIDTH + (i % WIDTH)]! + 1);
  const side = (row: number, set: number) => {
    let sum = 0;
    for (let c = 0; c < WIDTH; c++) sum += noise[row * WIDTH + c]! * directions[set * WIDTH + c]!;
    return sum / Math.sqrt(WIDTH) + random.uniform(-1, 1);
  };
  const present = Int8Array.from({ length: classes.length * SETS }, (_, i) =>
    Number(side(Math.floor(i / SETS), i % SETS) > 0.8),
  );
  return { rows, classes, present };
}
