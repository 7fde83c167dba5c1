/** Evaluations of real small checkpoints: what is refused before any work, what is found, and what is computed only once. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Dataset, Split, SplitName } from '../../evals/datasets/dataset.ts';
import { openFolderDataset } from '../../evals/datasets/folder-dataset.ts';
import type { EvaluatedCheckpoint } from '../../evals/evaluated-checkpoint.ts';
import { FeatureCache } from '../../evals/features/feature-cache.ts';
import { knnProtocol } from '../../evals/protocols/knn.ts';
import { linearProbe } from '../../evals/protocols/linear-probe.ts';
import { EXAMPLES_FILE } from '../../evals/report/examples.ts';
import { readExamples } from '../../evals/report/read-examples.ts';
import { RESULT_FILE } from '../../evals/result.ts';
import { type EvaluationRequest, runEvaluation } from '../../evals/run-evaluation.ts';
import { checkpointToEvaluate } from '../../training/checkpoints/checkpoint-to-evaluate.ts';
import { type RandomNetwork, randomNetwork, saveNetwork } from '../checkpoints/random-checkpoint.ts';
import { temporaryFolder } from '../training/tiny-training.ts';
import { writeColoured } from './coloured-photos.ts';

const CLASSES = ['red', 'blue', 'green'];
const SMALL = { size: 32, k: [1, 5] };

describe('an evaluation', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const warnings: string[] = [];
  let data: Dataset;
  let checkpoint: EvaluatedCheckpoint;
  before(async () => {
    await writeColoured(at('data', 'train'), CLASSES, 12, 1);
    await writeColoured(at('data', 'test'), CLASSES, 8, 2);
    data = await openFolderDataset(at('data'));
    checkpoint = await checkpointToEvaluate(await saveNetwork(at('network'), 1, randomNetwork(5)));
  });
  beforeEach(() => warnings.splice(0));
  after(() => temporary.remove());

  const evaluate = (request: Partial<EvaluationRequest> = {}) =>
    runEvaluation({
      protocol: knnProtocol,
      options: SMALL,
      data,
      checkpoint,
      out: at('out'),
      cache: new FeatureCache(at('cache'), (message) => warnings.push(message)),
      versions: {},
      ...request,
    });
  /** The dataset with other splits. */
  const withSplits = (
    change: (split: Split, name: SplitName) => Partial<Split>,
    more: Partial<Dataset> = {},
  ): Dataset => ({
    ...data,
    ...more,
    split: async (name) => {
      const split = await data.split(name);
      return { ...split, ...change(split, name) };
    },
  });
  const classesOf = ({ labels }: Split) => {
    assert.ok(labels.kind === 'classes');
    return labels.classes;
  };

  describe('is refused before any work', () => {
    const untouchable = (message: string): EvaluatedCheckpoint['weights'] => {
      assert.ok(typeof checkpoint.weights !== 'number');
      const fail = () => assert.fail(message);
      return new Map([...checkpoint.weights].map(([name, file]) => [name, { ...file, tensor: fail }]));
    };
    const refused = async (request: Partial<EvaluationRequest>, code: string, message: RegExp) => {
      const cache = at('refused-cache');
      const out = at('refused');
      const weights = untouchable('weights were read');
      const whole = {
        checkpoint: { ...checkpoint, weights },
        out,
        cache: new FeatureCache(cache, () => undefined),
        ...request,
      };
      await assert.rejects(evaluate(whole), { code, message });
      assert.ok(!existsSync(out) && !existsSync(cache));
    };

    it('where a split is missing, or empty', async () => {
      await refused({ data: { ...data, splits: ['train'] } }, 'SPLIT_MISSING', /knn needs split test.* has train/);
      const empty = { length: 0, name: String, read: () => assert.fail() };
      const without = withSplits((split, name) =>
        name === 'test' ? { images: empty, labels: { kind: 'classes', classes: new Int32Array() } } : split,
      );
      await refused({ data: without }, 'SPLIT_MISSING', /test of folder .* has no images/);
    });

    it('where labels are of another version: too few, too many, or of classes that there are not', async () => {
      for (const protocol of [knnProtocol, linearProbe]) {
        const options = { size: 32 };
        const short = withSplits((split) => ({ labels: { kind: 'classes', classes: classesOf(split).slice(1) } }));
        await refused({ protocol, options, data: short }, 'LABELS_WRONG', /split train of folder are 35 for 36 images/);
        const beyond = withSplits((split, name) => ({
          labels: { kind: 'classes', classes: classesOf(split).map((label) => (name === 'test' ? label + 1 : label)) },
        }));
        await refused(
          { protocol, options, data: beyond },
          'LABELS_WRONG',
          /split test .*class 3 for red.*classes 0 to 2/,
        );
        const sets = withSplits(() => ({ labels: { kind: 'sets', present: new Int8Array(7) } }));
        await refused({ protocol, options, data: sets }, 'LABELS_WRONG', /are 7 marks for 36 images of 3 classes/);
      }
    });

    it('where a class has no images to learn from, or everything is of one class', async () => {
      for (const protocol of [knnProtocol, linearProbe]) {
        const options = { size: 32 };
        const more = withSplits(() => ({}), { classes: [...data.classes, 'violet'] });
        await refused(
          { protocol, options, data: more },
          'CLASS_WITHOUT_IMAGES',
          /no image of 1 of its 4 classes \(violet\)/,
        );
        const one = withSplits(({ images }, name) =>
          name === 'train' ? {} : { labels: { kind: 'classes', classes: new Int32Array(images.length) } },
        );
        await refused({ protocol, options, data: one }, 'TOO_FEW_CLASSES', /test of folder has images of one class/);
        const alone = withSplits((split) => ({ labels: { kind: 'classes', classes: classesOf(split).fill(0) } }), {
          classes: ['red'],
        });
        await refused({ protocol, options, data: alone }, 'TOO_FEW_CLASSES', /folder has one class/);
      }
    });

    it('where a label means nothing to the protocol', async () => {
      const sets = withSplits(({ images }) => ({
        labels: { kind: 'sets', present: new Int8Array(images.length * 3) },
      }));
      await refused({ data: sets }, 'LABELS_UNSUITABLE', /several classes each.*linear-probe/);
    });

    it('where the checkpoint has no such layer', async () => {
      const network = randomNetwork(6);
      const ofTrunk = ({ name }: { readonly name: string }) => name.startsWith('trunk.');
      const onlyTrunk: RandomNetwork = {
        ...network,
        parameters: network.parameters.filter(ofTrunk),
        statistics: network.statistics.filter(ofTrunk),
      };
      const trunk = await checkpointToEvaluate(await saveNetwork(at('headless'), 1, onlyTrunk));
      await refused(
        { checkpoint: trunk, options: { ...SMALL, layers: ['projection'] } },
        'WRONG_CHECKPOINT',
        /no layer projection/,
      );
      const oneStage = randomNetwork(7, { architecture: { w0: 16, wa: 0, wm: 2, depth: 2, groupWidth: 8 } });
      const flat = await checkpointToEvaluate(await saveNetwork(at('flat'), 1, oneStage));
      await refused({ checkpoint: flat, options: { ...SMALL, layers: ['res4'] } }, 'WRONG_CHECKPOINT', /no layer res4/);
    });

    it('where an option does not exist or cannot be', async () => {
      await refused({ options: { neighbours: 3 } }, 'PROTOCOL_OPTION', /knn: neighbours: no such option/);
      await refused(
        { options: { ...SMALL, sise: 3 } },
        'PROTOCOL_OPTION',
        /sise: no such option \(did you mean size\)/,
      );
      await refused({ options: { ...SMALL, k: [0] } }, 'PROTOCOL_OPTION', /k\.0: /);
      await refused({ options: { ...SMALL, k: [37] } }, 'NEIGHBOURS_OUT_OF_RANGE', /37 neighbours.*36 training images/);
    });
  });

  it('is refused where the folder of results cannot be made', async () => {
    writeFileSync(at('file'), '');
    await assert.rejects(evaluate({ out: at('file', 'out') }), { code: 'CHECKPOINT_WRITE_FAILED' });
  });

  it('ends where weights or features are no numbers', async () => {
    const refused = async (network: RandomNetwork, name: string, layer: string, message: RegExp) => {
      const diverged = await checkpointToEvaluate(await saveNetwork(at(name), 1, network));
      const [out, cache] = [at(`${name}-out`), at(`${name}-cache`)];
      const request = { checkpoint: diverged, options: { ...SMALL, layers: [layer] }, out };
      await assert.rejects(evaluate({ ...request, cache: new FeatureCache(cache, () => undefined) }), {
        code: 'FEATURES_NOT_FINITE',
        message,
      });
      assert.ok(!existsSync(path.join(out, RESULT_FILE)) && !existsSync(cache));
    };
    // A ReLU behind it would make zeros of them.
    const broken = randomNetwork(8);
    broken.values.get('trunk.stem.conv.weight')![3] = Number.NaN;
    await refused(broken, 'broken-weights', 'pool', /a value of trunk\.stem\.conv\.weight is NaN/);
    const huge = randomNetwork(8);
    for (const [name, values] of huge.values) if (/s3.b1.(conv3|downsample).bn.bias/.test(name)) values.fill(3e38);
    await refused(huge, 'huge', 'res5', /A feature of blue\/000\.png is Infinity/);
  });

  it('finds classes that lie apart, with intervals, and writes what it returns', async () => {
    const probe = await evaluate({
      protocol: linearProbe,
      options: { size: 32, epochs: 10, batchSize: 12, milestones: [8], layers: ['pool', 'res4'] },
      out: at('probe'),
    });
    assert.deepEqual(
      probe.metrics.map(({ name, of, count }) => [name, of, count]),
      [
        ['top1', { layer: 'pool' }, 24],
        ['top1', { layer: 'res4' }, 24],
      ],
    );
    const votes = await evaluate({ out: at('votes') });
    assert.deepEqual(
      votes.metrics.map(({ name, of }) => [name, of]),
      [
        ['top1', { layer: 'pool', k: '1' }],
        ['top1', { layer: 'pool', k: '5' }],
      ],
    );
    for (const { value, low, high } of [...probe.metrics, ...votes.metrics]) {
      assert.ok(value > 0.9 && low <= value && value <= high && high <= 1, `${value} from ${low} to ${high}`);
    }
    assert.deepEqual(JSON.parse(readFileSync(at('probe', RESULT_FILE), 'utf8')), probe);
    assert.deepEqual(probe.options, {
      ...{
        layers: ['pool', 'res4'],
        size: 32,
        epochs: 10,
        batchSize: 12,
        learningRate: 0.01,
        milestones: [8],
        momentum: 0.9,
      },
      ...{ weightDecay: 5e-4, decayNorm: false, seed: 0, svm: false },
    });
    assert.deepEqual(probe.data.images, { train: 36, test: 24 });
    assert.deepEqual(readdirSync(at('probe')), [EXAMPLES_FILE, RESULT_FILE]);
  });

  it('keeps examples to look at: the same images whatever was asked, with the answer and the class that each has', async () => {
    const test = await data.split('test');
    const keptBy = async (out: string, request: Partial<EvaluationRequest>) => {
      const result = await evaluate({ out: at(out), ...request });
      return (await readExamples({ file: at(out, RESULT_FILE), result }))!.examples;
    };
    const examples = await keptBy('shown', {});
    assert.equal(examples.length, test.images.length);
    for (const { name, image, truth, predicted, right } of examples) {
      const number = Array.from({ length: test.images.length }, (_, i) => test.images.name(i)).indexOf(name);
      assert.equal(image, path.resolve(test.images.path!(number)));
      assert.equal(truth, data.classes[classesOf(test)[number]!]);
      assert.equal(right, truth === predicted);
    }
    const ofProbe = await keptBy('shown-probe', {
      protocol: linearProbe,
      options: { size: 32, epochs: 1, batchSize: 12 },
    });
    assert.deepEqual(
      ofProbe.map(({ name }) => name),
      examples.map(({ name }) => name),
    );
    const swapped = withSplits((split, name) => ({
      labels: {
        kind: 'classes',
        classes: classesOf(split).map((label) => (name === 'test' ? (label + 1) % 3 : label)),
      },
    }));
    const wrong = await keptBy('shown-wrong', { data: swapped });
    assert.ok(wrong.filter(({ right }) => right).length < 0.1 * examples.length);
    assert.ok(examples.filter(({ right }) => right).length > 0.9 * examples.length);
  });

  it('measures images of several classes each by their mean average precision, by SGD or support vector machines', async () => {
    const several = withSplits((split) => {
      const present = new Int8Array(split.images.length * CLASSES.length);
      for (const [image, label] of classesOf(split).entries()) present[image * CLASSES.length + label] = 1;
      // One that nobody judged.
      present[1] = -1;
      return { labels: { kind: 'sets', present } };
    });
    const small = { size: 32, epochs: 10, batchSize: 12, learningRate: 0.1 };
    for (const options of [small, { ...small, svm: true }]) {
      const { metrics } = await evaluate({ protocol: linearProbe, options, data: { ...several, score: 'mAP' } });
      assert.equal(metrics.length, 1);
      const { name, value, low, high, count } = metrics[0]!;
      assert.deepEqual([name, count], ['mAP', 24]);
      assert.ok(value > 0.9 && low <= value && value <= high, `${value} from ${low} to ${high}`);
    }
    const single = evaluate({ protocol: linearProbe, options: { ...small, svm: true } });
    await assert.rejects(single, { code: 'LABELS_UNSUITABLE', message: /svm is for images of several classes/ });
  });

  it("has the figure of the data's authors first", async () => {
    for (const score of ['mean-per-class', 'macro-F1'] as const) {
      const { metrics } = await evaluate({ options: { size: 32, k: [1] }, data: { ...data, score } });
      assert.deepEqual(
        metrics.map(({ name }) => name),
        [score, 'top1'],
      );
      assert.ok(metrics[0]!.value > 0.9);
    }
  });

  it('takes val where there is no test, and says so', async () => {
    const splits: SplitName[] = ['train', 'val'];
    const renamed: Dataset = { ...data, splits, split: (name) => data.split(name === 'val' ? 'test' : name) };
    const { data: described, metrics } = await evaluate({ data: renamed });
    assert.deepEqual(described.images, { train: 36, val: 24 });
    assert.deepEqual(metrics, (await evaluate()).metrics);
  });

  it('leaves out images that cannot be used, with their labels, and lists them', async () => {
    await writeColoured(at('broken', 'train'), CLASSES, 12, 1);
    await writeColoured(at('broken', 'test'), CLASSES, 8, 2);
    writeFileSync(at('broken', 'train', 'blue', '000.png'), 'no image');
    writeFileSync(at('broken', 'test', 'green', '000.png'), 'no image');
    const result = await evaluate({ data: await openFolderDataset(at('broken')) });
    assert.deepEqual(
      result.data.skipped.map(({ name }) => name),
      ['blue/000.png', 'green/000.png'],
    );
    assert.deepEqual(result.data.images, { train: 35, test: 23 });
    assert.ok(result.metrics.every(({ value, count }) => value > 0.9 && count === 23));
    const again = await evaluate({ data: await openFolderDataset(at('broken')) });
    assert.deepEqual(again.data, result.data);
  });

  describe('with features that were kept', () => {
    it('gives the same figures and runs no encoder', async () => {
      const cache = new FeatureCache(at('kept'), (message) => warnings.push(message));
      const first = await evaluate({ cache });
      assert.deepEqual(
        first.features?.map(({ cached }) => cached),
        [false, false],
      );
      assert.ok(typeof checkpoint.weights !== 'number');
      const weights = new Map(
        [...checkpoint.weights].map(([name, file]) => [name, { ...file, tensor: () => assert.fail('read') }]),
      );
      const second = await evaluate({ cache, checkpoint: { ...checkpoint, weights } });
      assert.ok(second.features?.every(({ cached }) => cached));
      assert.deepEqual(second.metrics, first.metrics);
      assert.deepEqual(warnings, []);
    });

    it('computes them again for another checkpoint, layer, view or image', async () => {
      const cache = new FeatureCache(at('keys'), (message) => warnings.push(message));
      await writeColoured(at('changing', 'train'), CLASSES, 4, 1);
      await writeColoured(at('changing', 'test'), CLASSES, 4, 2);
      const changing = () => openFolderDataset(at('changing'));
      const options = { size: 32, k: [1] };
      const cached = async (request: Partial<EvaluationRequest>) =>
        (await evaluate({ cache, options, data: await changing(), ...request })).features?.map((one) => one.cached);
      assert.deepEqual(await cached({}), [false, false]);
      assert.deepEqual(await cached({}), [true, true]);
      assert.deepEqual(await cached({ options: { ...options, size: 40 } }), [false, false]);
      assert.deepEqual(await cached({ options: { ...options, layers: ['res5'] } }), [false, false]);
      const twin = await checkpointToEvaluate(checkpoint.path, { untrained: true });
      assert.deepEqual(await cached({ checkpoint: twin }), [false, false]);
      await writeColoured(at('other'), CLASSES, 1, 3);
      writeFileSync(at('changing', 'test', 'red', '000.png'), readFileSync(at('other', 'red', '000.png')));
      assert.deepEqual(await cached({}), [true, false]);
    });

    it('computes them again where a file is damaged, with a warning', async () => {
      const folder = at('damaged');
      const cache = new FeatureCache(folder, (message) => warnings.push(message));
      const { metrics } = await evaluate({ cache });
      const files = readdirSync(folder).map((name) => path.join(folder, name));
      assert.equal(files.length, 2);
      const whole = readFileSync(files[0]!);
      const flipped = Uint8Array.from(whole);
      flipped[whole.length - 5]! ^= 1;
      for (const bytes of [flipped, whole.subarray(0, whole.length - 9), Buffer.from('no safetensors')]) {
        writeFileSync(files[0]!, bytes);
        const again = await evaluate({ cache });
        assert.deepEqual(again.metrics, metrics);
        assert.equal(again.features?.filter(({ cached }) => cached).length, 1);
        assert.match(warnings.splice(0).join(), /cannot be used, and are computed again/);
        assert.deepEqual(readFileSync(files[0]!), whole);
      }
    });

    it('goes on with a warning where they cannot be kept', async () => {
      writeFileSync(at('no-folder'), '');
      const cache = new FeatureCache(at('no-folder'), (message) => warnings.push(message));
      assert.ok((await evaluate({ cache })).metrics.length > 0);
      assert.equal(warnings.filter((message) => message.startsWith('Features are not kept')).length, 2);
    });
  });

  it('ends when it is asked to, without a result', async () => {
    mkdirSync(at('ended'), { recursive: true });
    const abort = new AbortController();
    const ending = evaluate({
      cache: new FeatureCache(at('ended-cache'), () => undefined),
      out: at('ended'),
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('enough')),
    });
    await assert.rejects(ending, /enough/);
    assert.deepEqual(readdirSync(at('ended')), []);
  });
});
