/** A fine-tuning learns, goes on after a kill with the same bits, and refuses what does not belong together. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openCheckpoint } from '../../../checkpoints/open-checkpoint.ts';
import { loadEvaluationViews } from '../../../data/evaluation-views.ts';
import { EvaluationError } from '../../../evals/errors.ts';
import { Encoder, weightsOf } from '../../../evals/features/encoder.ts';
import { classify } from '../../../evals/fine-tune/classify.ts';
import { type FineTuned, fineTune } from '../../../evals/fine-tune/fine-tune.ts';
import { IMAGENET, INATURALIST18, iterationsOf, type Recipe, rateAt } from '../../../evals/fine-tune/recipe.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { photos, TINY, UNTRAINED } from './coloured.ts';

const CLASSES = ['a', 'b', 'c', 'd'];
const TRAIN = photos(64, [0, 1, 2, 3]);
const TEST = photos(32, [0, 1, 2, 3], 1000);

describe('fine-tuning', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  let runs = 0;
  const newFolder = () => path.join(temporary.path, `run-${runs++}`);

  const tune = (folder: string, changes: Partial<Recipe> = {}, more: Partial<Parameters<typeof fineTune>[0]> = {}) =>
    fineTune({ model: UNTRAINED, split: TRAIN, classes: CLASSES, recipe: { ...TINY, ...changes }, folder, ...more });

  let whole: FineTuned;
  before(async () => {
    whole = await tune(newFolder());
  });

  const bytesOf = ({ checkpoint }: FineTuned) =>
    ['trunk', 'classifier'].map((file) =>
      createHash('sha256')
        .update(readFileSync(path.join(checkpoint, `${file}.safetensors`)))
        .digest('hex'),
    );
  const stateOf = ({ checkpoint }: FineTuned) =>
    JSON.parse(readFileSync(path.join(checkpoint, 'state.json'), 'utf8')).state;

  it('tells images apart that it has not seen, far better than chance', async () => {
    assert.equal(whole.iterations, 16);
    const [first, last] = [whole.epochs[0]!, whole.epochs.at(-1)!];
    assert.deepEqual(
      whole.epochs.map(({ epoch, steps }) => [epoch, steps]),
      [0, 1, 2, 3].map((epoch) => [epoch, 4]),
    );
    assert.ok(last.loss < 0.6 * first.loss, JSON.stringify(whole.epochs));
    const { tensors } = await openCheckpoint({ step: whole.iterations, path: whole.checkpoint });
    const { classes } = TEST.labels as Extract<typeof TEST.labels, { kind: 'classes' }>;
    let right = 0;
    await classify({
      description: { ...UNTRAINED.description, classifier: { classes: 4, batchNorm: false } },
      weights: weightsOf(tensors),
      images: TEST.images,
      ...{ size: 32, batchSize: 8, precision: 'fp32', threads: 1, signal: new AbortController().signal },
      onScores: (image, scores) => {
        right += Number(scores.indexOf(Math.max(...scores)) === classes[image]);
      },
    });
    assert.ok(right >= 24, `${right} of 32`);
  });

  it('leaves a trunk that loads as an encoder, and is another one than before', async () => {
    const { tensors } = await openCheckpoint({ step: whole.iterations, path: whole.checkpoint });
    assert.deepEqual([...tensors.keys()].sort(), ['classifier', 'trunk'], 'no momentum');
    assert.deepEqual(stateOf(whole).config, UNTRAINED.config);
    assert.deepEqual(stateOf(whole).classifier, { classes: CLASSES, batchNorm: false });
    const { views } = await loadEvaluationViews(TEST.images, [0, 1], { size: 32 });
    const options = { size: 32, batchSize: 2, threads: 1, precision: 'fp32' } as const;
    const tuned = new Encoder(UNTRAINED.description, weightsOf(tensors), options);
    const before = Encoder.untrained(UNTRAINED.description, 3, options);
    assert.notDeepEqual(await tuned.embed(views), await before.embed(views));
  });

  it('after kill -9 ends with the bits of one that was not killed', async () => {
    const folder = newFolder();
    const script = path.join(import.meta.dirname, 'tune-until-killed.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += chunk;
      if (/^10$/m.test(printed)) break;
    }
    child.kill('SIGKILL');
    if (child.signalCode === null) await once(child, 'exit');
    assert.equal(child.signalCode, 'SIGKILL');
    const steps: number[] = [];
    const resumed = await tune(folder, {}, { onProgress: (done) => steps.push(done) });
    assert.ok(steps[0] === 8 || steps[0] === 15, `went on with step ${steps[0]}`);
    assert.deepEqual(bytesOf(resumed), bytesOf(whole));
    assert.deepEqual(stateOf(resumed), stateOf(whole));
  });

  it('stopped after a step it goes on with the next, and finished it stays as it is', async () => {
    const folder = newFolder();
    const abort = new AbortController();
    const onProgress = (done: number) => done === 3 && abort.abort(new Error('enough'));
    await assert.rejects(tune(folder, {}, { signal: abort.signal, onProgress }), /enough/);
    const steps: number[] = [];
    const resumed = await tune(folder, {}, { onProgress: (done) => steps.push(done) });
    assert.equal(steps[0], 4);
    assert.deepEqual(bytesOf(resumed), bytesOf(whole));
    const again = await tune(folder, {}, { onProgress: () => assert.fail('nothing is left to do') });
    assert.deepEqual(again, { ...resumed, skipped: [] });
  });

  it('goes on from no other fine-tuning, but with other threads', async () => {
    const folder = path.dirname(whole.checkpoint);
    const others: Partial<Parameters<typeof fineTune>[0]>[] = [
      { recipe: { ...TINY, learningRate: 0.1 } },
      { classes: ['a', 'b', 'c', 'e'] },
      { split: photos(64, [0, 1, 2, 3], 5) },
      { model: { ...UNTRAINED, digest: 'other' } },
    ];
    for (const other of others) {
      await assert.rejects(tune(folder, {}, other), (error) => {
        return error instanceof EvaluationError && error.code === 'WRONG_CHECKPOINT';
      });
    }
    await tune(folder, { threads: 2, saveEvery: 100 });
  });

  it('ends where the loss is no number, and says at which step', async () => {
    const diverged = tune(newFolder(), { learningRate: 1e30 });
    await assert.rejects(diverged, (error) => {
      assert.ok(error instanceof EvaluationError);
      assert.equal(error.code, 'LOSS_NOT_FINITE');
      assert.match(error.message, /Iteration [2-9] of the fine-tuning/);
      return true;
    });
  });

  it('leaves an image out that cannot be used, and says so', async () => {
    const { images, labels } = photos(64, [0, 1]);
    const broken = { ...images, pixels: undefined, read: async () => new Uint8Array(9) };
    const { pixels } = images;
    const source = {
      ...images,
      pixels: (index: number) => (index === 5 ? { width: 1, height: 1, data: new Uint8Array(3) } : pixels!(index)),
    };
    const { skipped } = await tune(
      newFolder(),
      { epochs: 1 },
      { split: { images: source, labels }, classes: ['a', 'b'] },
    );
    assert.deepEqual(
      skipped.map(({ name, code }) => [name, code]),
      [['photo-5.png', 'TOO_SMALL']],
    );
    await assert.rejects(tune(newFolder(), { epochs: 1 }, { split: { images: broken, labels }, classes: ['a', 'b'] }), {
      code: 'TOO_MANY_SKIPPED',
    });
  });
});

describe('recipes of fine-tuning', () => {
  it('the rate grows with the batch, and falls at its epochs', () => {
    const numImages = 1024;
    const recipe = { ...IMAGENET, batchSize: 512 };
    assert.equal(iterationsOf(recipe, numImages), 30);
    const rates = Array.from({ length: 30 }, (_, iteration) => rateAt(recipe, iteration, numImages));
    const expected = rates.map((_, i) => 0.08 * (i < 16 ? 1 : i < 24 ? 0.1 : 0.01));
    for (const [i, rate] of rates.entries()) assert.ok(Math.abs(rate - expected[i]!) < 1e-12, `${i}: ${rate}`);
  });

  it('a cosine falls at every iteration, and ends at its final rate', () => {
    const numImages = 100;
    const total = iterationsOf(INATURALIST18, numImages);
    assert.equal(total, 19);
    const rates = Array.from({ length: total + 1 }, (_, iteration) => rateAt(INATURALIST18, iteration, numImages));
    assert.equal(rates[0], 0.015);
    for (let i = 1; i <= total; i++) assert.ok(rates[i]! < rates[i - 1]!);
    assert.ok(Math.abs(rates[total]! - 5e-7) < 1e-15);
  });
});
