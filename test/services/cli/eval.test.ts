/** `auspex eval`: the command around evaluations. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { EvaluationResult } from '../../../evals/result.ts';
import { randomNetwork, saveNetwork } from '../../checkpoints/random-checkpoint.ts';
import { writeColoured } from '../../evals/coloured-photos.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { auspex, startAuspex } from './run.ts';

const CLASSES = ['red', 'blue'];

describe('auspex eval', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const environment = { AUSPEX_CACHE: at('cache') };
  let common: string[];
  before(async () => {
    const checkpoint = await saveNetwork(at('network'), 1, randomNetwork(5));
    await writeColoured(at('photos'), CLASSES, 20);
    common = ['--checkpoint', checkpoint, '--data', at('photos'), '--size', '32'];
  });
  after(() => temporary.remove());

  const knn = (...args: string[]) => auspex(['eval', 'knn', ...common, ...args], environment);

  it('lists protocols with their options', () => {
    const { code, ...output } = auspex(['eval', 'list', '--json']);
    assert.equal(code, 0);
    const { protocols } = output.json<{ protocols: { name: string; source: string; defaults: object }[] }>();
    const probe = protocols.find(({ name }) => name === 'linear-probe');
    assert.deepEqual(probe?.defaults, {
      ...{ layers: ['pool'], size: 224, epochs: 28, batchSize: 256, learningRate: 0.01, milestones: [8, 16, 24] },
      ...{ momentum: 0.9, weightDecay: 0.0005, decayNorm: false, seed: 0, svm: false },
    });
    const { stdout } = auspex(['eval', 'list']);
    for (const { name, source } of protocols) assert.ok(stdout.includes(name) && stdout.includes(source));
  });

  it('takes a dataset that was prepared, under its own name and with its own splits', async () => {
    const images = at('food', 'food-101', 'images');
    await writeColoured(images, CLASSES, 6);
    for (const label of CLASSES) {
      // The content says what an image is, and not its name.
      for (const file of readdirSync(path.join(images, label))) {
        renameSync(path.join(images, label, file), path.join(images, label, file.replace('.png', '.jpg')));
      }
    }
    const named = (first: number, end: number) =>
      CLASSES.flatMap((label) =>
        readdirSync(path.join(images, label))
          .slice(first, end)
          .map((file) => `${label}/${path.parse(file).name}\n`),
      ).join('');
    mkdirSync(at('food', 'food-101', 'meta'));
    const lists = { classes: `${CLASSES.toSorted().join('\n')}\n`, train: named(0, 4), test: named(4, 6) };
    for (const [name, text] of Object.entries(lists))
      writeFileSync(at('food', 'food-101', 'meta', `${name}.txt`), text);
    const prepared = auspex([
      'datasets',
      'prepare',
      'food-101',
      '--from',
      at('food'),
      '--out',
      at('prepared'),
      '--partial',
    ]);
    assert.equal(prepared.code, 0, prepared.stderr);
    const { code, stderr, json } = auspex(
      [
        'eval',
        'knn',
        ...common.slice(0, 2),
        '--data',
        at('prepared'),
        '--size',
        '32',
        '--set',
        'k=[1]',
        '--out',
        at('of-food'),
        '--json',
      ],
      { AUSPEX_CACHE: at('cache-of-food') },
    );
    assert.equal(code, 0, stderr);
    const { data, metrics } = json<EvaluationResult>();
    assert.deepEqual([data.name, data.images], ['food-101', { train: 8, test: 4 }]);
    assert.equal(metrics[0]!.value, 1, 'colours are told apart by any network');
  });

  it('prints a table, and the same as JSON; features are kept from one call to the next', () => {
    const text = knn('--set', 'k=[3]', '--layer', 'pool', '--layer', 'res4', '--out', at('text'));
    assert.equal(text.code, 0, text.stderr);
    assert.match(text.stdout, /2 classes, images: 32 train, 8 test/);
    assert.match(text.stdout, /top1 +pool +3 +\d+\.\d % +\d+\.\d % to \d+\.\d % +8\n/);
    const json = knn('--set', 'k=[3]', '--layer', 'pool', '--layer', 'res4', '--out', at('json'), '--json');
    assert.equal(json.code, 0, json.stderr);
    const { out, ...result } = json.json<EvaluationResult & { out: string }>();
    assert.deepEqual(JSON.parse(readFileSync(path.join(out, 'result.json'), 'utf8')), result);
    assert.deepEqual([out, result.options['layers'], result.options['k']], [at('json'), ['pool', 'res4'], [3]]);
    assert.ok(result.features?.length === 4 && result.features.every(({ cached }) => cached));
    const before = JSON.parse(readFileSync(at('text', 'result.json'), 'utf8'));
    assert.deepEqual(result.metrics, before.metrics);
    assert.equal(readdirSync(at('cache', 'features')).length, 4);
  });

  it('evaluates the untrained network of a checkpoint', () => {
    const { code, stderr, ...output } = knn('--set', 'k=[3]', '--untrained', '--out', at('untrained'), '--json');
    assert.equal(code, 0, stderr);
    const { checkpoint, features } = output.json<EvaluationResult>();
    assert.deepEqual([checkpoint.untrained, checkpoint.step], [true, 0]);
    assert.ok(features?.every(({ cached }) => !cached));
  });

  it('says what is wrong in one line, and leaves nothing', () => {
    const wrong: [args: string[], code: number, error: RegExp][] = [
      [['--set', 'neighbours=3'], 1, /^error PROTOCOL_OPTION: .*neighbours: no such option.*\n$/],
      [['--set', 'k'], 1, /^error CONFIG_SYNTAX: [^\n]*\n$/],
      [['--layer', 'res9'], 2, /^error USAGE: .*res4, res5, pool, projection\.\n$/],
      [['--set', 'k=[500]'], 1, /^error NEIGHBOURS_OUT_OF_RANGE: 500 neighbours.*--set k=\[10\].*\n$/],
      [['--checkpoint', at('nowhere')], 1, /^error CHECKPOINT_NOT_FOUND: [^\n]*\n$/],
      [['--data', at('nowhere')], 1, /^error SPLIT_MISSING: [^\n]*\n$/],
      [['--dataset', 'digits'], 1, /^error DATASET_NAMED: [^\n]*\n$/],
    ];
    for (const [args, code, error] of wrong) {
      const result = knn(...args, '--out', at('wrong'));
      assert.deepEqual([result.code, result.stdout], [code, ''], args.join(' '));
      assert.match(result.stderr, error);
      assert.ok(!existsSync(at('wrong')), args.join(' '));
    }
    assert.equal(auspex(['eval', 'nosuch']).code, 2);
    assert.equal(auspex(['eval', 'knn']).code, 2);
  });

  it('leaves no part of a result or of features where it is killed in the middle', async () => {
    const out = at('killed');
    const cache = at('killed-cache');
    mkdirSync(out);
    await writeColoured(at('many'), CLASSES, 300);
    const args = ['eval', 'knn', ...common.slice(0, 2), '--data', at('many'), '--size', '224', '--set', 'k=[3]'];
    const more = ['--out', out, '--cache', cache];
    const child = startAuspex([...args, ...more, '--json']);
    const [line] = await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { event, done, total } = JSON.parse(String(line).split('\n')[0]!);
    assert.ok(event === 'progress' && done < total);
    assert.deepEqual(readdirSync(out), []);
    assert.ok(!existsSync(cache) || readdirSync(cache).every((name) => !name.endsWith('.safetensors')));
    const { code, stderr } = auspex([...args, '--size', '32', ...more]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(readdirSync(out), ['examples.json', 'result.json']);
  });

  it('keeps the fine-tuning where it is ended by Ctrl-C, and goes on from there', async () => {
    const out = at('tuned');
    const options = ['epochs=4', 'batchSize=4', 'saveEvery=100000', 'precision=fp32', 'threads=1'];
    const set = options.flatMap((option) => ['--set', option]);
    const args = ['eval', 'fine-tune', ...common, ...set, '--out', out, '--json'];
    const child = startAuspex(args);
    let steps = 0;
    for await (const line of createInterface(child.stdout)) {
      const { stage, done } = JSON.parse(line);
      if (stage !== 'steps of fine-tuning') continue;
      if (steps === 0) child.kill('SIGINT');
      steps = done;
    }
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 130);
    assert.ok(!existsSync(path.join(out, 'result.json')) && steps > 0 && steps < 36);
    const { code, stdout, stderr } = auspex(args);
    assert.equal(code, 0, stderr);
    const first = stdout.split('\n').find((line) => line.includes('steps of fine-tuning'))!;
    assert.equal(JSON.parse(first).done, steps + 1);
  });
});
