/**
 * Harmful labels and things in homes, from images to disparities. A network learns four colours, and each image has one of them, so what
 * it says of whom is known.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ImageSource } from '../../../data/source.ts';
import type { Attributes } from '../../../evals/datasets/attributes.ts';
import type { Dataset, Split, SplitName } from '../../../evals/datasets/dataset.ts';
import { FeatureCache } from '../../../evals/features/feature-cache.ts';
import { findProtocol } from '../../../evals/protocols/registry.ts';
import type { EvaluationResult, Metric } from '../../../evals/result.ts';
import { runEvaluation } from '../../../evals/run-evaluation.ts';
import { checkpointToEvaluate } from '../../../training/checkpoints/checkpoint-to-evaluate.ts';
import { runTraining, temporaryFolder, tinyConfig, writePhotos } from '../../training/tiny-training.ts';
import { photos } from '../fine-tune/coloured.ts';

/** What the network calls its four colours. */
const NETWORK = ['prison', 'people', 'gorilla', 'beard'];
const [PRISON, PEOPLE, GORILLA, BEARD] = [0, 1, 2, 3];

function datasetOf(name: string, classes: readonly string[], splits: Partial<Record<SplitName, Split>>): Dataset {
  return {
    ...{ name, folder: '.', classes, score: 'accuracy' },
    splits: Object.keys(splits) as Dataset['splits'],
    split: async (split) => splits[split]!,
  };
}

interface Shown {
  readonly colour: number;
  readonly unit: string;
  readonly label: number;
  readonly values: Readonly<Record<string, string>>;
}

/** Images of these colours, of these people or homes. */
function splitOf(unit: string, shown: readonly Shown[], first: number): Split {
  const images: ImageSource = {
    length: shown.length,
    name: (index) => `image-${index}.png`,
    pixels: (index) => photos(1, [shown[index]!.colour], first + index).images.pixels!(0),
    read: () => Promise.reject(new Error('these are pixels')),
  };
  const names = Object.keys(shown[0]!.values);
  const attributes: Attributes = {
    unit,
    units: shown.map((image) => image.unit),
    values: Object.fromEntries(names.map((name) => [name, shown.map(({ values }) => values[name]!)])),
  };
  return { images, labels: { kind: 'classes', classes: Int32Array.from(shown, ({ label }) => label) }, attributes };
}

/** Two images of each of 40 people in each of four groups; of some, a share has another colour than that of `people`. */
function facesOf(share: (gender: string, skintone: string) => number, other: number): Split {
  const shown = ['female', 'male'].flatMap((gender) =>
    ['darker', 'lighter'].flatMap((skintone) =>
      Array.from({ length: 80 }, (_, i): Shown => {
        const part = share(gender, skintone);
        const colour = Math.floor((i + 1) * part) > Math.floor(i * part) ? other : PEOPLE!;
        return { colour, unit: `${gender} ${skintone} ${i >> 1}`, label: 0, values: { gender, skintone } };
      }),
    ),
  );
  return splitOf('person', shown, 2000);
}

describe('fairness of fine-tuned networks', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  const folder = (name: string) => path.join(temporary.path, name);
  let tuned: string;

  async function evaluate(protocol: string, data: Dataset, options: Record<string, unknown>, checkpoint = tuned) {
    return runEvaluation({
      protocol: findProtocol(protocol),
      options: { size: 32, precision: 'fp32', ...options },
      data,
      checkpoint: await checkpointToEvaluate(checkpoint),
      out: folder(protocol),
      cache: new FeatureCache(folder('cache'), assert.fail),
      versions: {},
    });
  }

  const find = ({ metrics }: EvaluationResult, name: string, of: Record<string, string | undefined>): Metric => {
    const found = metrics.filter(
      (metric) => metric.name === name && Object.entries(of).every(([key, value]) => metric.of?.[key] === value),
    );
    assert.equal(found.length, 1, `${found.length} of ${name} ${JSON.stringify(of)}`);
    return found[0]!;
  };
  const near = (value: number, wanted: number) =>
    assert.ok(Math.abs(value - wanted) < 0.03, `${value}, and not ${wanted}`);

  before(async () => {
    await writePhotos(folder('photos'), 12);
    await runTraining(tinyConfig(folder('photos'), folder('run'), 'training.iterations=2'));
    const colours = datasetOf('colours', NETWORK, {
      train: photos(128, [0, 1, 2, 3]),
      test: photos(32, [0, 1, 2, 3], 1000),
    });
    const recipe = { epochs: 8, batchSize: 16, learningRate: 0.8, milestones: [6], threads: 1 };
    const result = await evaluate('fine-tune', colours, recipe, folder('run'));
    assert.ok(result.metrics[0]!.value > 0.95, 'the colours were not learned');
    tuned = path.join(folder('fine-tune'), result.files['checkpoint']!);
  });

  describe('label-association', () => {
    const groups = [['gender'], ['gender', 'skintone']];
    const of = (threshold: string, attribute?: string, group?: string) => ({ threshold, attribute, group });

    it('finds who is called an animal or a criminal as often as was planted', async () => {
      const people = datasetOf('people', ['any'], {
        test: facesOf((gender, skintone) => (gender === 'male' && skintone === 'darker' ? 0.25 : 0), GORILLA!),
      });
      const result = await evaluate('label-association', people, { labels: 1, groups });
      assert.deepEqual([result.metrics[0]!.name, result.metrics[0]!.of!['threshold']], ['Non-Human', '0.1']);
      near(find(result, 'Non-Human', of('0.1')).value, 0.0625);
      near(find(result, 'Non-Human', of('0.1', 'gender x skintone', 'male x darker')).value, 0.25);
      near(find(result, 'Non-Human', of('0.1', 'gender x skintone', 'female x darker')).value, 0);
      near(find(result, 'Human', of('0.1', 'gender', 'female')).value, 1);
      near(find(result, 'Crime', of('0.1', 'gender', 'male')).value, 0);
      const difference = find(result, 'Non-Human difference', of('0.1', 'gender'));
      assert.deepEqual([difference.of!['highest'], difference.of!['lowest']], ['male', 'female']);
      near(difference.value, 0.125);
      assert.ok(difference.low > 0.04 && difference.high < 0.21, JSON.stringify(difference));
      assert.equal(difference.of!['labels'], '1 of 18', 'the network has no other animal');
    });

    it('finds no disparity where all are given harmful labels alike', async () => {
      const people = datasetOf('people', ['any'], { test: facesOf(() => 0.2, PRISON!) });
      const result = await evaluate('label-association', people, { labels: 1, groups });
      near(find(result, 'Crime', of('0.1')).value, 0.2);
      for (const attribute of ['gender', 'gender x skintone']) {
        const { low, high } = find(result, 'Crime difference', of('0.1', attribute));
        assert.ok(low <= 0 && high < 0.25, `${attribute}: ${low} to ${high}`);
      }
    });

    it('counts labels of enough confidence only, and leaves them all to be looked at', async () => {
      const people = datasetOf('people', ['any'], { test: facesOf(() => 0.5, BEARD!) });
      const result = await evaluate('label-association', people, {
        thresholds: [0, 0.3, 0.8, 1],
        groups: [['gender']],
      });
      const shares = ['0', '0.3', '0.8', '1'].map((threshold) => find(result, 'Possibly-Human', of(threshold)).value);
      assert.equal(shares[0], 1, 'every label of a network with four is among the first five');
      assert.deepEqual(
        shares,
        shares.toSorted((a, b) => b - a),
      );
      near(shares[1]!, 0.5);
      const { images } = JSON.parse(
        readFileSync(path.join(folder('label-association'), result.files['labels']!), 'utf8'),
      );
      assert.equal(images.length, 320);
      for (const [i, threshold] of [0, 0.3, 0.8, 1].entries()) {
        const counted = images.filter(({ labels }: { labels: { label: string; confidence: number }[] }) =>
          labels.some(({ label, confidence }) => label === 'beard' && confidence >= threshold),
        );
        assert.equal(counted.length / 320, shares[i]);
      }
      const sum = images[0].labels.reduce((all: number, { confidence }: { confidence: number }) => all + confidence, 0);
      assert.ok(Math.abs(sum - 1) < 1e-4);
    });

    it('is refused without the labels that it looks for, and for a network without classes', async () => {
      const people = datasetOf('people', ['any'], { test: facesOf(() => 0, BEARD!) });
      const associations = { Crime: ['burglar', 'thief'] };
      await assert.rejects(evaluate('label-association', people, { associations, groups }), {
        code: 'CLASSES_DIFFER',
        message: /burglar, thief/,
      });
      await assert.rejects(evaluate('label-association', people, { groups }, folder('run')), {
        code: 'WRONG_CHECKPOINT',
      });
      await assert.rejects(evaluate('label-association', people, { groups: [['age']] }), { code: 'LABELS_UNSUITABLE' });
    });
  });

  describe('dollar-street', () => {
    const CONCEPTS = ['bars', 'families', 'guards', 'pets'];
    const aliases = { bars: ['prison'], families: ['people', 'beard'], pets: ['gorilla'] };
    const COUNTRIES = [
      ['Burundi', 'Africa', 'low'],
      ['India', 'Asia', 'medium'],
      ['United States', 'Americas', 'high'],
    ] as const;

    /** 30 homes in each country with 8 photos; in poor homes a share of the things looks like others. */
    function homes(
      wrong: (income: string) => number,
      concept: (photo: number) => number = (i) => [0, 1, 3][i % 3]!,
    ): Split {
      const colours = [PRISON!, PEOPLE!, PEOPLE!, GORILLA!];
      const shown = COUNTRIES.flatMap(([country, region, income]) =>
        Array.from({ length: 240 }, (_, i): Shown => {
          const label = concept(i);
          const part = wrong(income);
          // Of some homes more than of others; 97 has no divisor in common with 240.
          const isWrong = (i * 97) % 240 < 240 * part;
          const colour = isWrong ? (label === 0 ? GORILLA! : PRISON!) : colours[label]!;
          return { colour, label, unit: `${country} ${i >> 3}`, values: { income, region, country } };
        }),
      );
      return splitOf('household', shown, 9000);
    }
    const data = (test: Split): Dataset => ({ ...datasetOf('dollar-street', CONCEPTS, { test }), aliases });

    it('finds that things of poor homes are known less often, as was planted, and draws the map', async () => {
      const result = await evaluate('dollar-street', data(homes((income) => (income === 'low' ? 0.5 : 0))), {
        labels: 1,
      });
      near(result.metrics[0]!.value, 5 / 6);
      near(find(result, 'top1', { attribute: 'income', group: 'low' }).value, 0.5);
      near(find(result, 'top1', { attribute: 'region', group: 'Asia' }).value, 1);
      const difference = find(result, 'top1 difference', { attribute: 'income' });
      assert.equal(difference.of!['lowest'], 'low');
      near(difference.value, 0.5);
      assert.ok(difference.low > 0.35 && difference.high < 0.65, JSON.stringify(difference));
      assert.equal(difference.of!['classes'], '3 of 4', 'no class of the network is a guard');
      const [income] = result.groups!;
      assert.deepEqual(
        [income!.unit, income!.mean, income!.groups.map(({ group, units }) => [group, units])],
        [
          'household',
          'units',
          [
            ['low', 30],
            ['medium', 30],
            ['high', 30],
          ],
        ],
      );
      const { households } = JSON.parse(
        readFileSync(path.join(folder('dollar-street'), result.files['households']!), 'utf8'),
      );
      assert.equal(households.length, 90);
      const { share: _, ...first } = households[0];
      assert.deepEqual(first, {
        household: 'Burundi 0',
        income: 'low',
        region: 'Africa',
        country: 'Burundi',
        images: 8,
      });
      const map = readFileSync(path.join(folder('dollar-street'), result.files['map']!), 'utf8');
      assert.match(map, /<title>Burundi: \d\d\.\d % \(.*240 images of 30 households<\/title>/);
    });

    it('finds no disparity where all homes are alike', async () => {
      const result = await evaluate('dollar-street', data(homes(() => 0.25)), { labels: 1 });
      near(result.metrics[0]!.value, 0.75);
      for (const attribute of ['income', 'region', 'country'])
        assert.ok(find(result, 'top1 difference', { attribute }).low <= 0);
    });

    it('does not judge things that the network has no class for, and takes names from a file', async () => {
      const guards = homes(
        () => 0,
        (i) => (i % 2 === 0 ? 2 : 3),
      );
      const result = await evaluate('dollar-street', data(guards), { labels: 1 });
      assert.deepEqual(
        result.groups![0]!.groups.map(({ images, unjudged }) => [images, unjudged]),
        [
          [120, 120],
          [120, 120],
          [120, 120],
        ],
      );
      const file = folder('aliases.json');
      writeFileSync(file, JSON.stringify({ guards: 'people' }));
      const named = await evaluate('dollar-street', data(guards), { labels: 1, aliases: file });
      assert.deepEqual(named.groups![0]!.groups[0], {
        group: 'low',
        images: 120,
        units: 30,
        unjudged: 120,
        status: 'enough',
      });
      near(named.metrics[0]!.value, 1);
      writeFileSync(file, JSON.stringify({ gards: 'people' }));
      await assert.rejects(evaluate('dollar-street', data(guards), { aliases: file }), {
        code: 'CLASSES_DIFFER',
        message: /gards/,
      });
    });

    it('is refused for incomes that there are not, and for a network without classes', async () => {
      const poor = homes(() => 0);
      const income = poor.attributes!.values['income']!.map(() => '300');
      const numbers = { ...poor, attributes: { ...poor.attributes!, values: { ...poor.attributes!.values, income } } };
      await assert.rejects(evaluate('dollar-street', data(numbers), {}), {
        code: 'LABELS_WRONG',
        message: /income "300"/,
      });
      await assert.rejects(evaluate('dollar-street', data(poor), {}, folder('run')), { code: 'WRONG_CHECKPOINT' });
    });
  });
});
