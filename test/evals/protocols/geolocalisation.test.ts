/** Geolocalisation from images to figures, on places whose answer is known: what a photo's colour says is where it was taken. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Dataset, Split, SplitName } from '../../../evals/datasets/dataset.ts';
import { FeatureCache } from '../../../evals/features/feature-cache.ts';
import { greatCircleKm } from '../../../evals/geo/distance.ts';
import { parseOptions } from '../../../evals/protocol-options.ts';
import { geolocalisation } from '../../../evals/protocols/geolocalisation.ts';
import type { EvaluationResult } from '../../../evals/result.ts';
import { runEvaluation } from '../../../evals/run-evaluation.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { photos, UNTRAINED } from '../fine-tune/coloured.ts';

/** Latitude and longitude of the colours' cities, each in a cell of its own: Paris, New York, Sydney, Suva. */
const CITIES = [
  [48.85, 2.35],
  [40.71, -74.0],
  [-33.87, 151.21],
  [-18.14, 178.44],
] as const;

/** Photos of the cities, all of a city taken at one place. @param colourOf what a photo of a city looks like */
function taken(count: number, cities: readonly number[], first: number, colourOf = (city: number) => city): Split {
  const truth = Array.from({ length: count }, (_, i) => cities[i % cities.length]!);
  const { images } = photos(count, truth.map(colourOf), first);
  const coordinates = Float64Array.from(truth.flatMap((city) => CITIES[city]!));
  return { images, coordinates, labels: { kind: 'sets', present: new Int8Array(0) } };
}

function datasetOf(splits: Partial<Record<SplitName, Split>>): Dataset {
  return {
    ...{ name: 'cities', folder: '.', classes: [], score: 'distance' },
    splits: Object.keys(splits) as SplitName[],
    split: async (name) => splits[name]!,
  };
}

const train = taken(96, [0, 1, 2, 3], 0);
const LINEAR = {
  classifier: 'linear',
  minImages: 5,
  size: 32,
  epochs: 40,
  batchSize: 16,
  learningRate: 0.5,
  milestones: [30],
};

describe('geolocalisation', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  const folder = (name: string) => path.join(temporary.path, name);

  function evaluate(data: Dataset, options: Record<string, unknown>, out = 'results'): Promise<EvaluationResult> {
    return runEvaluation({
      protocol: geolocalisation,
      options,
      data,
      checkpoint: UNTRAINED,
      out: folder(out),
      cache: new FeatureCache(folder('cache'), (warning) => assert.fail(warning)),
      versions: {},
    });
  }

  const shares = ({ metrics }: EvaluationResult, which: Record<string, string>) =>
    metrics
      .filter(({ of }) => Object.entries(which).every(([key, value]) => of?.[key] === value))
      .map(({ name, value }) => [name, value]);
  const at = (values: readonly number[]) => [1, 25, 200, 750, 2500].map((km, i) => [`within ${km} km`, values[i]]);

  it('finds all where colours say the place, and what always the same city would find', async () => {
    const result = await evaluate(datasetOf({ train, test: taken(32, [0, 1, 2, 3], 1000) }), LINEAR);
    assert.deepEqual(shares(result, { classifier: 'linear' }), at([1, 1, 1, 1, 1]));
    assert.deepEqual(shares(result, { classifier: 'most frequent cell' }), at([0.25, 0.25, 0.25, 0.25, 0.25]));
    const { partitions } = JSON.parse(readFileSync(folder('results/cells.json'), 'utf8'));
    assert.equal(partitions[0].cells.length, 4);
    assert.deepEqual(
      partitions[0].cells.map(({ images }: { images: number }) => images),
      [24, 24, 24, 24],
    );
    assert.deepEqual(result.data.classes, 0);
  });

  it('is wrong by the distance of the city whose colours a photo has, in every one of them', async () => {
    // Every fourth photo of Sydney looks like one of Suva, 3,200 km away; of Paris, like one of New York, 5,800 km away.
    const disguise = new Map([
      [2, 3],
      [0, 1],
    ]);
    let photo = 0;
    const test = taken(32, [0, 1, 2, 3], 2000, (city) => (photo++ % 16 < 4 ? (disguise.get(city) ?? city) : city));
    const result = await evaluate(datasetOf({ train, test }), LINEAR, 'disguised');
    const images = JSON.parse(readFileSync(folder('disguised/places.json'), 'utf8')).methods[0].images;
    const wrong = images.filter(({ km }: { km: number }) => km > 1);
    assert.equal(wrong.length, 4);
    const far = [...disguise].map(([from, to]) => {
      const [one, other] = [CITIES[from]!, CITIES[to]!];
      return greatCircleKm({ latitude: one[0], longitude: one[1] }, { latitude: other[0], longitude: other[1] });
    });
    for (const { km } of wrong)
      assert.ok(
        far.some((distance) => Math.abs(distance - km) < 1e-6),
        `${km}`,
      );
    assert.deepEqual(shares(result, { classifier: 'linear' }), at(Array(5).fill(28 / 32)));
    const [metric] = result.metrics;
    assert.ok(metric!.low < 28 / 32 && metric!.high > 28 / 32 && metric!.low > 0.7, JSON.stringify(metric));
    const map = readFileSync(folder('disguised/map.svg'), 'utf8');
    assert.equal(map.match(/<circle cx="[\d.]+" cy="[\d.]+" r="3"/g)!.length, 32);
    assert.equal(map.match(/class="way"/g)!.length, 4);
    assert.match(map, /to 1 km: 28</);
    assert.match(map, /farther: 4</);
  });

  it('finds no more than chance where colours say nothing', async () => {
    const test = taken(64, [0, 1, 2, 3], 3000, () => 0);
    const grey = { ...taken(96, [0, 1, 2, 3], 4000, () => 0) };
    const result = await evaluate(datasetOf({ train: grey, test }), LINEAR, 'chance');
    const [[, share]] = shares(result, { classifier: 'linear' }) as [[string, number]];
    assert.ok(share > 0.05 && share < 0.5, `${share}`);
  });

  it('gives figures of each group, and a classifier for each layer and partition', async () => {
    const test = {
      ...taken(16, [0, 1, 2, 3], 5000),
      groups: Array.from({ length: 16 }, (_, i) => (i < 8 ? 'a' : 'b')),
    };
    const options = { ...LINEAR, layers: ['res4', 'pool'], hierarchy: true };
    const result = await evaluate(datasetOf({ train, test }), options, 'groups');
    for (const layer of ['res4', 'pool']) {
      for (const group of ['a', 'b']) assert.deepEqual(shares(result, { layer, group })[0], ['within 1 km', 1]);
    }
    assert.equal(result.metrics[0]!.count, 8);
    assert.equal(result.metrics[0]!.of!['hierarchy'], 'on');
    const { partitions } = JSON.parse(readFileSync(folder('groups/cells.json'), 'utf8'));
    assert.deepEqual(
      partitions.map(({ name }: { name: string }) => name),
      ['fine', 'middle', 'coarse'],
    );
    assert.deepEqual(
      Object.values(result.files).filter((file) => file.endsWith('.svg')),
      ['map-res4.svg', 'map-pool.svg'],
    );
  });

  it('leaves images outside of all cells out of training, and scores them', async () => {
    const lone = taken(4, [3], 6000);
    const coordinates = Float64Array.from([...train.coordinates!, 64.1, -21.9, 64.2, -21.8, 64.1, -21.7, 64.1, -21.9]);
    const { images } = photos(
      100,
      Array.from({ length: 100 }, (_, i) => i % 4),
    );
    const withIceland = { ...lone, images, coordinates };
    const test = { ...taken(1, [0], 7000), coordinates: Float64Array.of(64.1, -21.9) };
    const result = await evaluate(datasetOf({ train: withIceland, test }), LINEAR, 'outside');
    assert.deepEqual(shares(result, { classifier: 'linear' }), at([0, 0, 0, 0, 1]), 'Reykjavik is 2,200 km from Paris');
    assert.equal(result.data.images['train'], 100);
  });

  it('fine-tunes the whole network, and finds it again for another test set', async () => {
    const options = {
      minImages: 5,
      size: 32,
      epochs: 4,
      batchSize: 16,
      learningRate: 0.8,
      milestones: [3],
      threads: 1,
      precision: 'fp32',
    };
    const result = await evaluate(datasetOf({ train, test: taken(32, [0, 1, 2, 3], 1000) }), options, 'tuned');
    const [[, share]] = shares(result, { classifier: 'fine-tuned' }) as [[string, number]];
    assert.ok(share >= 0.9, `${share}`);
    const steps: string[] = [];
    const again = await runEvaluation({
      protocol: geolocalisation,
      options: { ...options, folder: folder('tuned/fine-tuned') },
      data: datasetOf({ train, test: taken(16, [0], 8000) }),
      checkpoint: UNTRAINED,
      out: folder('again'),
      cache: new FeatureCache(folder('cache'), (warning) => assert.fail(warning)),
      versions: {},
      onProgress: (stage) => steps.push(stage),
    });
    assert.ok(!steps.includes('steps of fine-tuning') && steps.includes('test images'));
    assert.equal(again.metrics[0]!.count, 16);
    assert.equal(
      path.resolve(folder('again'), again.files['fine checkpoint']!),
      path.resolve(folder('tuned'), result.files['fine checkpoint']!),
    );
  }).timeout(60_000);

  it('is refused before any work without coordinates, and where images make no two cells', async () => {
    const test = taken(4, [0, 1, 2, 3], 1000);
    const { coordinates: _, ...placeless } = test;
    await assert.rejects(evaluate(datasetOf({ train, test: placeless }), LINEAR), {
      code: 'LABELS_UNSUITABLE',
      message: /split test of cities have no coordinates/,
    });
    await assert.rejects(evaluate(datasetOf({ train, test }), { ...LINEAR, minImages: 24 }), {
      code: 'TOO_FEW_CLASSES',
      message: /96 training images of cities make no cell of more than 24/,
    });
    await assert.rejects(evaluate(datasetOf({ test }), LINEAR), { code: 'SPLIT_MISSING' });
  });

  it("has the paper's options, and those of its classifier alone", () => {
    const options = parseOptions(geolocalisation, {});
    const { classifier, partition, minImages, epochs, learningRate, milestones, momentum, weightDecay, hierarchy } =
      options as never;
    assert.deepEqual(
      { classifier, partition, minImages, epochs, learningRate, milestones, momentum, weightDecay, hierarchy },
      {
        classifier: 'fine-tuned',
        partition: 'fine',
        minImages: 50,
        epochs: 15,
        learningRate: 0.05,
        milestones: [8, 12],
        momentum: 0.9,
        weightDecay: 1e-4,
        hierarchy: false,
      },
    );
    assert.throws(() => parseOptions(geolocalisation, { classifier: 'linear', nesterov: true }), {
      code: 'PROTOCOL_OPTION',
      message: /nesterov/,
    });
    assert.throws(() => parseOptions(geolocalisation, { partition: 'tiny' }), { code: 'PROTOCOL_OPTION' });
    assert.throws(() => parseOptions(geolocalisation, { classifier: 'knn' }), { code: 'PROTOCOL_OPTION' });
  });
});
