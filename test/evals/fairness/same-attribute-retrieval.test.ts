/** Retrieval by gender from images to disparities, on people whose right answer is known. */
import assert from 'node:assert/strict';
import path from 'node:path';
import sharp from 'sharp';
import type { Dataset, Split } from '../../../evals/datasets/dataset.ts';
import { FeatureCache } from '../../../evals/features/feature-cache.ts';
import { findProtocol } from '../../../evals/protocols/registry.ts';
import type { EvaluationResult, Metric } from '../../../evals/result.ts';
import { runEvaluation } from '../../../evals/run-evaluation.ts';
import type { RgbImage } from '../../../kernels/images.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { layOut, opened } from '../datasets/layouts.ts';
import { UNTRAINED } from '../fine-tune/coloured.ts';
import { databaseOf, face, GENDERS, type PlannedGroup, peopleOf, queriesOf } from './people.ts';

const plan = (wrong: number, others = wrong): PlannedGroup[] => [
  { gender: 'female', skintone: 'darker', persons: 60, wrong },
  { gender: 'female', skintone: 'lighter', persons: 60, wrong: others },
  { gender: 'male', skintone: 'darker', persons: 60, wrong: others },
  { gender: 'male', skintone: 'lighter', persons: 60, wrong: others },
];

describe('same-attribute retrieval', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());

  const evaluate = (data: Dataset, options: Record<string, unknown> = {}): Promise<EvaluationResult> =>
    runEvaluation({
      protocol: findProtocol('same-attribute-retrieval'),
      options: { size: 32, groups: [['gender'], ['skintone'], ['gender', 'skintone']], k: [1, 5], ...options },
      data,
      checkpoint: UNTRAINED,
      out: path.join(temporary.path, 'results'),
      cache: new FeatureCache(path.join(temporary.path, 'cache'), assert.fail),
      versions: {},
    });

  /** A figure of `P@1`, by group; of the difference without one. */
  const find = ({ metrics }: EvaluationResult, name: string, attribute?: string, group?: string): Metric =>
    metrics.find(({ name: own, of }) => own === name && of?.['attribute'] === attribute && of?.['group'] === group)!;

  it('finds that women with darker skin are taken for men as often as was planted', async () => {
    const result = await evaluate(peopleOf({ val: databaseOf(60), test: queriesOf(plan(0.4, 0)) }));
    assert.equal(find(result, 'P@1').value, 0.9);
    assert.equal(result.metrics[0], find(result, 'P@1'), 'the figure of everybody stands first');
    const by = (attribute: string, group: string) => find(result, 'P@1', attribute, group).value;
    assert.deepEqual([by('gender', 'female'), by('gender', 'male')], [0.8, 1]);
    assert.deepEqual([by('skintone', 'darker'), by('skintone', 'lighter')], [0.8, 1]);
    assert.equal(by('gender x skintone', 'female x darker'), 0.6);
    assert.equal(by('gender x skintone', 'female x lighter'), 1);
    const gender = find(result, 'P@1 difference', 'gender');
    assert.deepEqual([gender.of!['highest'], gender.of!['lowest']], ['male', 'female']);
    assert.ok(Math.abs(gender.value - 0.2) < 1e-9 && gender.low > 0.1 && gender.high < 0.3, JSON.stringify(gender));
    const ratio = find(result, 'P@1 ratio', 'gender x skintone');
    assert.ok(Math.abs(ratio.value - 0.6) < 1e-9 && ratio.high < 0.8, JSON.stringify(ratio));
    assert.equal(find(result, 'P@5', 'gender x skintone', 'female x darker').value, 0.6);
    assert.deepEqual(
      result.groups!.map(({ attribute, unit, groups }) => [
        attribute,
        unit,
        groups.map(({ units, images }) => [units, images]),
      ]),
      [
        [
          'gender',
          'person',
          [
            [120, 240],
            [120, 240],
          ],
        ],
        [
          'skintone',
          'person',
          [
            [120, 240],
            [120, 240],
          ],
        ],
        [
          'gender x skintone',
          'person',
          [
            [60, 120],
            [60, 120],
            [60, 120],
            [60, 120],
          ],
        ],
      ],
    );
  });

  it('finds no disparity where all are mistaken alike', async () => {
    const result = await evaluate(peopleOf({ val: databaseOf(60), test: queriesOf(plan(0.25)) }));
    assert.equal(find(result, 'P@1').value, 0.75);
    for (const attribute of ['gender', 'skintone', 'gender x skintone']) {
      const difference = find(result, 'P@1 difference', attribute);
      assert.ok(difference.low <= 0 && difference.high < 0.3, JSON.stringify(difference));
      assert.ok(find(result, 'P@1 ratio', attribute).high >= 1);
    }
  });

  it('does not judge who said another gender or none, and says how many those are', async () => {
    const others: PlannedGroup[] = [
      { gender: 'other', skintone: 'darker', persons: 3, wrong: 0 },
      { gender: undefined, skintone: 'lighter', persons: 2, wrong: 0 },
      { gender: 'male', skintone: 'lighter', persons: 4, wrong: 0 },
    ];
    const result = await evaluate(peopleOf({ val: databaseOf(60), test: queriesOf([...plan(0), ...others]) }));
    assert.deepEqual([find(result, 'P@1').value, find(result, 'P@1').count], [1, 488]);
    const [gender, skintone, both] = result.groups!;
    assert.deepEqual(gender!.groups[2], { group: 'other', images: 0, units: 0, unjudged: 6, status: 'not judged' });
    assert.equal(gender!.unlabelled, 4);
    assert.deepEqual(
      skintone!.groups.map(({ unjudged }) => unjudged),
      [6, 4],
    );
    assert.equal(both!.unlabelled, 4);
    assert.equal(find(result, 'P@1', 'gender', 'other'), undefined);
  });

  it('does not judge a gender that is a class of the data, as a folder makes it, and that no image of the database has', async () => {
    const classes = [...GENDERS, 'other'];
    const labelled = (split: Split): Split => {
      const { labels, images } = split;
      const present = labels.kind === 'sets' ? labels.present : assert.fail();
      const own = Int32Array.from({ length: images.length }, (_, i) =>
        present[2 * i] ? 0 : present[2 * i + 1] ? 1 : 2,
      );
      return { ...split, labels: { kind: 'classes', classes: own } };
    };
    const others: PlannedGroup[] = [{ gender: 'other', skintone: 'darker', persons: 20, wrong: 0 }];
    const of = (queries: Split) => ({
      ...peopleOf({ val: labelled(databaseOf(60)), test: labelled(queries) }),
      classes,
    });
    const result = await evaluate(of(queriesOf([...plan(0), ...others])));
    assert.deepEqual([find(result, 'P@1').value, find(result, 'P@1').count], [1, 480]);
    const other = { group: 'other', images: 0, units: 0, unjudged: 40, status: 'not judged' };
    assert.deepEqual(result.groups![0]!.groups[2], other);
    assert.equal(find(result, 'P@1 difference', 'gender').value, 0);
    await assert.rejects(evaluate(of(queriesOf(others)), { groups: [['skintone']] }), { code: 'LABELS_UNSUITABLE' });
  });

  it('is refused before any work: without labels, with unknown ones, with a query that is in the database', async () => {
    const [val, test] = [databaseOf(20), queriesOf(plan(0))];
    const { attributes, ...nobody } = test;
    await assert.rejects(evaluate(peopleOf({ val, test: nobody })), {
      code: 'LABELS_UNSUITABLE',
      message: /attributes\.csv/,
    });
    const values = {
      ...attributes!.values,
      skintone: attributes!.values['skintone']!.map((tone, i) => (i === 7 ? 'dark' : tone)),
    };
    const unknown = peopleOf({ val, test: { ...test, attributes: { ...attributes!, values } } });
    await assert.rejects(evaluate(unknown), { code: 'LABELS_WRONG', message: /query-7\.png has skintone "dark"/ });
    await assert.rejects(evaluate(peopleOf({ val, test }), { groups: [['age']] }), {
      code: 'LABELS_UNSUITABLE',
      message: /no attribute age/,
    });
    await assert.rejects(evaluate(peopleOf({ val, test }), { k: [50] }), { code: 'NEIGHBOURS_OUT_OF_RANGE' });
    await assert.rejects(evaluate(peopleOf({ test })), { code: 'SPLIT_MISSING' });
    const same = { ...val.images, pixels: (i: number) => (i === 3 ? test.images.pixels!(11) : val.images.pixels!(i)) };
    await assert.rejects(evaluate(peopleOf({ val: { ...val, images: same }, test })), {
      code: 'QUERY_IN_DATABASE',
      message: /1 queries.*query-11\.png is face-3\.png/,
    });
    const people = { unit: 'person', units: Array.from({ length: 20 }, (_, i) => `0 ${i}`), values: {} };
    await assert.rejects(evaluate(peopleOf({ val: { ...val, attributes: people }, test })), {
      code: 'QUERY_IN_DATABASE',
      message: /20 of whom the queries show/,
    });
  });

  it('has no options that mean nothing', async () => {
    const data = peopleOf({ val: databaseOf(20), test: queriesOf(plan(0)) });
    for (const options of [
      { groups: [] },
      { groups: [[]] },
      { groups: [['gender', 'gender']] },
      { groups: [['gender'], ['gender']] },
      { minimum: 0 },
      { k: [0] },
      { attribute: 'gender' },
    ])
      await assert.rejects(evaluate(data, options), { code: 'PROTOCOL_OPTION' }, JSON.stringify(options));
  });

  it('has the columns of Table 1, from Casual Conversations and UTK-Faces as they were published', async () => {
    const png = ({ width, height, data }: RgbImage) =>
      sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
    const people: Record<string, object> = {};
    const files: Record<string, string | Uint8Array> = {};
    const folder = path.join(temporary.path, 'published');
    for (const gender of GENDERS) {
      for (const [tone, skin] of ['1', '3', '4', '6'].entries()) {
        for (const [group, age] of ['18', '30', '69', '85'].entries()) {
          const id = `${gender === 'female' ? 1 : 2}${tone}${group}0`;
          const videos = [0, 1].map((video) => `CasualConversationsA/${id}/${id}_0${video}`);
          people[id] = {
            files: videos.map((video) => `${video}.MP4`),
            dark_files: [],
            label: { age, gender, 'skin-type': skin },
          };
          // Of women over 69 with dark skin, one looks like a man in one of two videos.
          const wrong = gender === 'female' && skin === '6' && age === '85';
          for (const [video, name] of videos.entries())
            files[`faces/${name}.png`] = await png(face(wrong && video === 1 ? 'male' : gender, Number(id) + video));
        }
      }
    }
    for (let i = 0; i < 20; i++)
      files[`UTKFace/${20 + i}_${i % 2}_0_2017011618402466${i}.jpg`] = await png(
        face(i % 2 ? 'female' : 'male', 9000 + i),
      );
    await layOut(folder, { ...files, 'CasualConversations_mini.json': JSON.stringify(people) });
    const data = await opened('casual-conversations-utk-faces', folder);
    const result = await evaluate(data, { minimum: 8, k: [1], groups: undefined });
    const figures = result.metrics.filter(({ name, of }) => name === 'P@1' && of!['group'] !== undefined);
    assert.deepEqual(
      figures.map(({ of, value, count }) => [of!['group'], value, count]),
      [
        ['female', 31 / 32, 32],
        ['male', 1, 32],
        ['darker', 31 / 32, 32],
        ['lighter', 1, 32],
        ['female x darker', 15 / 16, 16],
        ['female x lighter', 1, 16],
        ['male x darker', 1, 16],
        ['male x lighter', 1, 16],
        ['18-30', 1, 16],
        ['30-45', 1, 16],
        ['45-70', 1, 16],
        ['70+', 15 / 16, 16],
      ],
    );
    assert.deepEqual(result.data.images, { val: 20, test: 64 });
  });
});
