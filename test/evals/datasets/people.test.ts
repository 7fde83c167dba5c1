/** Readers of datasets whose authors say whom or what images show: only what they say is read, and what they cannot mean is refused. */
import assert from 'node:assert/strict';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { layOut, listed, opened } from './layouts.ts';

const participant = (files: string[], age: string, gender: string, skin: string) => ({
  dark_files: files.slice(1),
  files,
  label: { age, gender, 'skin-type': skin },
});

const PEOPLE = {
  '0000': participant(
    ['CasualConversationsA/0000/0000_00.MP4', 'CasualConversationsA/0000/0000_03.MP4'],
    '29',
    'Female',
    '3',
  ),
  '0001': participant(['CasualConversationsA/0001/0001_02.MP4'], '30', 'Male', '4'),
  '0002': participant(['CasualConversationsNO/0002/0002_01.MP4'], '70', 'Other', '6'),
  '0003': participant(['CasualConversationsNO/0003/0003_01.MP4'], 'N/A', 'N/A', '1'),
};

const FACES = {
  'faces/CasualConversationsA/0000/0000_00.jpg': null,
  'faces/CasualConversationsA/0000/0000_03_412.jpg': null,
  'faces/CasualConversationsA/0001/0001_02.png': null,
  'faces/CasualConversationsNO/0002/0002_01.jpg': null,
  'faces/CasualConversationsNO/0003/0003_01.jpg': null,
};

const UTK = {
  'UTKFace/26_1_0_20170116184024662.jpg.chip.jpg': null,
  'UTKFace/61_0_20170109142408075.jpg.chip.jpg': null,
  'UTKFace/53__0_20170116184028385.jpg': null,
};

describe('evals: datasets of people', () => {
  const annotations = (people: object) => ({ 'CasualConversations_mini.json': JSON.stringify(people) });

  it('reads Casual Conversations: faces that are given, and what participants said of themselves', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, { ...annotations(PEOPLE), ...FACES });
      const data = await opened('casual-conversations', folder);
      const { attributes } = await data.split('test');
      assert.deepEqual(await listed(data, 'test'), [
        ['CasualConversationsA/0000/0000_00.jpg', ['female']],
        ['CasualConversationsA/0000/0000_03_412.jpg', ['female']],
        ['CasualConversationsA/0001/0001_02.png', ['male']],
        ['CasualConversationsNO/0002/0002_01.jpg', []],
        ['CasualConversationsNO/0003/0003_01.jpg', []],
      ]);
      assert.deepEqual(attributes, {
        unit: 'person',
        units: ['0000', '0000', '0001', '0002', '0003'],
        values: {
          gender: ['female', 'female', 'male', 'other', undefined],
          skintone: ['lighter', 'lighter', 'darker', 'darker', 'lighter'],
          age: ['18-30', '18-30', '30-45', '70+', undefined],
        },
      });
    }));

  for (const [what, person, message] of [
    [
      'a skin type that there is not',
      participant(['A/0/0_0.MP4'], '20', 'Male', '7'),
      /participant 0009 has skin-type "7"/,
    ],
    ['a gender that is not known', participant(['A/0/0_0.MP4'], '20', 'M', '2'), /gender "M"/],
    ['an age that is none', participant(['A/0/0_0.MP4'], '20-30', 'Male', '2'), /age "20-30"/],
  ] as const) {
    it(`refuses ${what}`, () =>
      inTemporaryFolder(async (folder) => {
        await layOut(folder, { ...annotations({ ...PEOPLE, '0009': person }), ...FACES });
        await assert.rejects(opened('casual-conversations', folder), { code: 'DATASET_OTHER_VERSION', message });
      }));
  }

  it('refuses a face of no video, and a second face of one', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, { ...annotations(PEOPLE), ...FACES, 'faces/CasualConversationsA/0007/0007_00.jpg': null });
      await assert.rejects(opened('casual-conversations', folder), {
        code: 'DATASET_OTHER_VERSION',
        message: /0007_00\.jpg: it is of no video/,
      });
    }).then(() =>
      inTemporaryFolder(async (folder) => {
        await layOut(folder, {
          ...annotations(PEOPLE),
          ...FACES,
          'faces/CasualConversationsA/0000/0000_00_7.jpg': null,
        });
        await assert.rejects(opened('casual-conversations', folder), {
          code: 'DATASET_OTHER_VERSION',
          message: /second face/,
        });
      }),
    ));

  it('reads UTK-Faces as what is searched, by gender alone, without the image that has none', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, { ...annotations(PEOPLE), ...FACES, ...UTK });
      const data = await opened('casual-conversations-utk-faces', folder);
      assert.deepEqual(data.splits, ['val', 'test']);
      assert.deepEqual(await listed(data, 'val'), [
        ['UTKFace/26_1_0_20170116184024662.jpg.chip.jpg', ['female']],
        ['UTKFace/61_0_20170109142408075.jpg.chip.jpg', ['male']],
      ]);
      await layOut(folder, { 'UTKFace/portrait.jpg': null });
      await assert.rejects(opened('casual-conversations-utk-faces', folder), {
        code: 'DATASET_OTHER_VERSION',
        message: /no age and gender/,
      });
    }));

  it('reads UTK-Faces in its three parts', () =>
    inTemporaryFolder(async (folder) => {
      const parts = { 'part1/1_1_0_1.jpg': null, 'part2/2_0_0_2.jpg': null, 'part3/3_1_0_3.jpg': null };
      await layOut(folder, { ...annotations(PEOPLE), ...FACES, ...parts });
      const data = await opened('casual-conversations-utk-faces', folder);
      assert.deepEqual(
        (await listed(data, 'val')).map(([name]) => name),
        Object.keys(parts),
      );
    }));
});

describe('evals: Dollar Street', () => {
  const photo = (id: string, label: string, income: number, region = 'Africa') => ({
    ...{ _id: id, label, country: 'Burundi', region, income, url: `https://example.org/${id}.jpg` },
  });
  const files = (photos: object[]) => ({
    'metadata_full_dollar_street.json': JSON.stringify(photos),
    'in22k_cls_idx_to_dollar_street_labels_map.json': JSON.stringify({
      0: ['stoves'],
      1: ['beds', 'kids_bed'],
      2: ['beds'],
    }),
    'subset_in22k_class_names.json': JSON.stringify(['1k_stove', 'bed', 'four-poster']),
    'images/stoves/a.jpg': null,
    'images/beds/b.jpg': null,
    'images/beds/c.jpg': null,
  });

  it('reads photos of labels that a class stands for, with income, region, country and household', () =>
    inTemporaryFolder(async (folder) => {
      const photos = [
        photo('a', 'stoves', 27),
        photo('b', 'beds', 1000, 'The Americas'),
        photo('c', 'beds', 4000, 'Europe'),
        photo('d', 'guards', 27),
      ];
      await layOut(folder, files(photos));
      const data = await opened('dollar-street', folder);
      assert.deepEqual(await listed(data, 'test'), [
        ['stoves/a.jpg', 'stoves'],
        ['beds/b.jpg', 'beds'],
        ['beds/c.jpg', 'beds'],
      ]);
      assert.deepEqual(data.aliases, { stoves: ['stove'], beds: ['bed', 'four-poster'], kids_bed: ['bed'] });
      assert.deepEqual((await data.split('test')).attributes, {
        unit: 'household',
        units: ['Burundi 27', 'Burundi 1000', 'Burundi 4000'],
        values: {
          income: ['low', 'medium', 'high'],
          region: ['Africa', 'Americas', 'Europe'],
          country: ['Burundi', 'Burundi', 'Burundi'],
        },
      });
    }));

  it('refuses incomes and regions that there are not, and numbers without a class', () =>
    inTemporaryFolder(async (folder) => {
      await layOut(folder, files([photo('a', 'stoves', 1)]));
      await assert.rejects(opened('dollar-street', folder), {
        code: 'DATASET_OTHER_VERSION',
        message: /a has income 1/,
      });
      await layOut(folder, files([photo('a', 'stoves', 27, 'Mars')]));
      await assert.rejects(opened('dollar-street', folder), {
        code: 'DATASET_OTHER_VERSION',
        message: /region "Mars"/,
      });
      await layOut(folder, { ...files([photo('a', 'stoves', 27)]), 'subset_in22k_class_names.json': '["stove"]' });
      await assert.rejects(opened('dollar-street', folder), { code: 'DATASET_OTHER_VERSION', message: /no class 1/ });
    }));
});
