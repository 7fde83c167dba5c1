/** The protocols of fine-tuning from a checkpoint to a result, and a fine-tuned checkpoint on other images. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import type { Dataset, Labels, Split } from '../../../evals/datasets/dataset.ts';
import { FeatureCache } from '../../../evals/features/feature-cache.ts';
import { parseOptions } from '../../../evals/protocol-options.ts';
import { fineTuneProtocol } from '../../../evals/protocols/fine-tune.ts';
import { judge } from '../../../evals/protocols/out-of-domain.ts';
import { findProtocol } from '../../../evals/protocols/registry.ts';
import { readExamples } from '../../../evals/report/read-examples.ts';
import { type EvaluationResult, RESULT_FILE } from '../../../evals/result.ts';
import { runEvaluation } from '../../../evals/run-evaluation.ts';
import { checkpointToEvaluate } from '../../../training/checkpoints/checkpoint-to-evaluate.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { runTraining, temporaryFolder, tinyConfig, writePhotos } from '../../training/tiny-training.ts';
import { photos } from './coloured.ts';

const CLASSES = ['n00000001 red', 'n00000002 green', 'n00000003 blue', 'n00000004 yellow'];
const OPTIONS = {
  size: 32,
  epochs: 4,
  batchSize: 16,
  learningRate: 0.8,
  milestones: [3],
  threads: 1,
  precision: 'fp32',
};

function datasetOf(
  name: string,
  classes: readonly string[],
  splits: Partial<Record<'train' | 'val' | 'test', Split>>,
): Dataset {
  return {
    ...{ name, folder: '.', classes, score: 'accuracy' },
    splits: Object.keys(splits) as Dataset['splits'],
    split: async (split) => splits[split]!,
  };
}

const colours = datasetOf('colours', CLASSES, {
  train: photos(64, [0, 1, 2, 3]),
  val: photos(32, [0, 1, 2, 3], 1000),
});

describe('protocols of fine-tuning', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  const folder = (name: string) => path.join(temporary.path, name);

  async function evaluate(
    protocol: string,
    checkpoint: string,
    data: Dataset,
    out: string,
    options: Record<string, unknown>,
  ) {
    return runEvaluation({
      protocol: findProtocol(protocol),
      options,
      data,
      checkpoint: await checkpointToEvaluate(checkpoint),
      out: folder(out),
      cache: new FeatureCache(folder('cache'), (warning) => assert.fail(warning)),
      versions: {},
    });
  }

  let result: EvaluationResult;
  let tuned: string;
  before(async () => {
    await writePhotos(folder('photos'), 12);
    await runTraining(tinyConfig(folder('photos'), folder('run'), 'training.iterations=2'));
    result = await evaluate('fine-tune', folder('run'), colours, 'tuned', OPTIONS);
    tuned = path.join(folder('tuned'), result.files['checkpoint']!);
  });

  it('fine-tune: tells unseen images apart, and says what it used', () => {
    const [top1] = result.metrics;
    assert.equal(top1!.name, 'top1');
    assert.ok(top1!.value >= 0.75 && top1!.low <= top1!.value && top1!.value <= top1!.high, JSON.stringify(top1));
    assert.deepEqual(result.data.images, { train: 64, val: 32 });
    const { recipe, weightDecay, momentum } = result.options as Record<string, unknown>;
    assert.deepEqual([recipe, weightDecay, momentum], ['imagenet', 1e-4, 0.9]);
    const { epochs } = JSON.parse(readFileSync(path.join(folder('tuned'), result.files['losses']!), 'utf8'));
    assert.equal(epochs.length, 4);
  });

  it('fine-tune: keeps examples, and pictures of those that are no files', async () => {
    const { examples } = (await readExamples({ file: path.join(folder('tuned'), RESULT_FILE), result }))!;
    assert.equal(examples.length, 32);
    const right = examples.filter((example) => example.right).length / 32;
    assert.ok(Math.abs(right - result.metrics[0]!.value) < 1e-6);
    for (const { image } of examples) assert.equal((await sharp(image).metadata()).width, 40);
  });

  it('the fine-tuned checkpoint loads as an encoder and is evaluated as any other', async () => {
    const encoder = await loadEncoder(tuned, { size: 32, batchSize: 2, precision: 'fp32' });
    const before = await loadEncoder(folder('run'), { size: 32, batchSize: 2, precision: 'fp32' });
    const views = new Uint8Array(2 * 32 * 32 * 3).fill(90);
    assert.notDeepEqual(await encoder.embed(views), await before.embed(views));
    const probe = await evaluate('linear-probe', tuned, colours, 'probe', { size: 32, epochs: 4 });
    assert.ok(probe.metrics[0]!.value >= 0.5);
  });

  it('fine-tune goes on from a fine-tuned checkpoint, with a classifier of its own', async () => {
    const two = datasetOf('two', ['warm', 'cold'], { train: photos(32, [0, 1]), test: photos(16, [0, 1], 500) });
    const next = await evaluate('fine-tune', tuned, two, 'next', {
      ...OPTIONS,
      epochs: 2,
      recipe: 'iwildcam',
      learningRate: 0.4,
    });
    assert.ok(next.metrics[0]!.value >= 0.75, JSON.stringify(next.metrics));
  });

  it('low-shot: few images of each class, or those of a list', async () => {
    const drawn = await evaluate('low-shot', folder('run'), colours, 'drawn', { ...OPTIONS, share: 0.25, epochs: 8 });
    assert.deepEqual(drawn.data.images, { train: 16, val: 32 });
    assert.equal((drawn.options as { nesterov: boolean }).nesterov, true);
    assert.ok(drawn.metrics[0]!.value > 0.4, JSON.stringify(drawn.metrics));
    const list = folder('list.txt');
    writeFileSync(list, [0, 1, 2, 3, 8, 9, 10, 11].map((i) => `photo-${i}\n`).join(''));
    const listed = await evaluate('low-shot', folder('run'), colours, 'listed', { ...OPTIONS, list, batchSize: 8 });
    assert.deepEqual(listed.data.images, { train: 8, val: 32 });
    writeFileSync(list, 'photo-0\nphoto-1\n');
    const few = evaluate('low-shot', folder('run'), colours, 'few', { ...OPTIONS, list });
    await assert.rejects(few, { code: 'BAD_IMAGE_LIST' });
  });

  it('out-of-domain: only classes of the test set are answers, and images of others are not judged', async () => {
    // Blue and red are asked for, and violet, which the network does not know: labels are of the test set.
    const names = ['n00000003', 'n09999999', 'n00000001'];
    const { images, labels } = photos(30, [2, 0, 1]);
    const asColours = (labels as Extract<Labels, { kind: 'classes' }>).classes;
    const classes = asColours.map((colour) => (colour === 2 ? 0 : colour === 0 ? 2 : 1));
    const other = datasetOf('other', names, { test: { images, labels: { kind: 'classes', classes } } });
    const { metrics, data } = await evaluate('out-of-domain', tuned, other, 'ood', { size: 32, precision: 'fp32' });
    assert.equal(metrics[0]!.count, 20);
    assert.deepEqual(metrics[0]!.of, { classes: '2 of 3', 'not judged': '10' });
    assert.ok(metrics[0]!.value >= 0.9, JSON.stringify(metrics));
    assert.deepEqual(data.images, { test: 20 });
    // Half of them under each other's name.
    const swapped = classes.map((label, i) => (i < 15 && label !== 1 ? 2 - label : label));
    const mixed = datasetOf('mixed', names, { test: { images, labels: { kind: 'classes', classes: swapped } } });
    const [half] = (await evaluate('out-of-domain', tuned, mixed, 'mixed', { size: 32, precision: 'fp32' })).metrics;
    assert.ok(
      Math.abs(half!.value - 0.5) <= 0.1 && half!.low < half!.value && half!.value < half!.high,
      `${half!.value}`,
    );
  });

  it('out-of-domain: a checkpoint without classes, and classes that it does not know, are refused', async () => {
    const run = evaluate('out-of-domain', folder('run'), colours, 'refused', { size: 32 });
    await assert.rejects(run, { code: 'WRONG_CHECKPOINT' });
    const strange = datasetOf('strange', ['x', 'y'], { test: photos(4, [0, 1]) });
    await assert.rejects(evaluate('out-of-domain', tuned, strange, 'refused', { size: 32 }), {
      code: 'CLASSES_DIFFER',
    });
  });

  it('an option that does not exist is refused, and those of a recipe can be replaced', async () => {
    const unknown = evaluate('fine-tune', folder('run'), colours, 'unknown', { ...OPTIONS, learningrate: 1 });
    await assert.rejects(unknown, { code: 'PROTOCOL_OPTION' });
    const { size, epochs, schedule, weightDecay } = parseOptions(fineTuneProtocol, {
      recipe: 'inaturalist18',
      epochs: 2,
    });
    assert.deepEqual([size, epochs, schedule, weightDecay], [384, 2, 'cosine', 1e-4]);
  });

  it('labels of sets have no share of each class', async () => {
    const sets: Split = {
      images: photos(4, [0, 1]).images,
      labels: { kind: 'sets', present: new Int8Array(8).fill(1) },
    };
    const data = datasetOf('sets', ['x', 'y'], { train: sets, test: sets });
    await assert.rejects(evaluate('low-shot', folder('run'), data, 'sets', {}), { code: 'LABELS_UNSUITABLE' });
  });
});

describe('an answer of a network on a test set', () => {
  // Five classes of the network, of which three stand for two of the test set's three.
  const match = { testClassOf: Int32Array.of(-1, 0, 2, 0, -1) };
  const classes = (label: number): Labels => ({ kind: 'classes', classes: Int32Array.of(label) });

  it('is the best of the matched classes, however good the others are', () => {
    assert.equal(judge(classes(2), 0, 3, match, [9, 1, 2, 0, 9]), true);
    assert.equal(judge(classes(0), 0, 3, match, [9, 1, 2, 0, 9]), false);
    assert.equal(judge(classes(0), 0, 3, match, [9, 1, 2, 3, 9]), true, 'two classes of the network for one');
  });

  it('is not judged where the image has a class that the network has not', () => {
    assert.equal(judge(classes(1), 0, 3, match, [9, 1, 2, 0, 9]), undefined);
  });

  it('is right where it is among several labels, and not judged where there is none', () => {
    const sets: Labels = { kind: 'sets', present: Int8Array.of(1, 1, 0, 0, 0, 0, 0, -1, 1) };
    assert.equal(judge(sets, 0, 3, match, [0, 5, 4, 3, 0]), true);
    assert.equal(judge(sets, 0, 3, match, [0, 3, 4, 3, 0]), false);
    assert.equal(judge(sets, 1, 3, match, [0, 5, 4, 3, 0]), undefined);
    assert.equal(judge(sets, 2, 3, match, [0, 3, 4, 3, 0]), true);
  });
});
