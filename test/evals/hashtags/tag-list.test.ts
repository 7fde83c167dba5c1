import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CompactStrings } from '../../../data/compact-strings.ts';
import { frequentTags } from '../../../evals/hashtags/frequent-tags.ts';
import { NameIndex } from '../../../evals/hashtags/name-index.ts';
import { hashtagOf, readTagList } from '../../../evals/hashtags/tag-list.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { integer, seed, uniform } from '../../program/random.ts';

async function read(text: string) {
  const images: unknown[] = [];
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'tags.jsonl');
    writeFileSync(file, text);
    for await (const some of readTagList(file)) images.push(...some);
  });
  return images;
}

describe('lists of hashtags', () => {
  it('are read with hashtags in one form, each once, and countries by code or name', async () => {
    const lines = [
      '{"image": "a.jpg", "hashtags": ["#Café", "cafe\\u0301", " ##WEDDING ", "結婚式"], "country": "germany"}',
      '',
      '{"image": "b.jpg", "hashtags": []}',
      '{"image": "c.jpg", "hashtags": ["x"], "country": null}',
      '{"image": "d.jpg", "hashtags": ["x"], "country": "BR"}\r',
    ];
    assert.deepEqual(await read(lines.join('\n')), [
      { line: 1, image: 'a.jpg', hashtags: ['café', 'wedding', '結婚式'], country: 'DE' },
      { line: 3, image: 'b.jpg', hashtags: [], country: undefined },
      { line: 4, image: 'c.jpg', hashtags: ['x'], country: undefined },
      { line: 5, image: 'd.jpg', hashtags: ['x'], country: 'BR' },
    ]);
    assert.equal(hashtagOf('#'), undefined);
  });

  const refused: Readonly<Record<string, readonly [string, RegExp]>> = {
    'what is no JSON': ['{"image"', /line 1: it is no JSON/],
    'an image without a name': ['{"hashtags": []}', /line 1: .*image/],
    'hashtags that are no list': ['{"image": "a", "hashtags": "x"}', /line 1: .*hashtags/],
    'a misspelt key': ['{"image": "a", "hashtags": [], "contry": "US"}', /contry/],
    'an empty hashtag': [
      '{"image": "a", "hashtags": []}\n{"image": "b", "hashtags": ["#"]}',
      /line 2: "#" is no hashtag/,
    ],
    'an unknown country': ['{"image": "a", "hashtags": [], "country": "Atlantis"}', /line 1: "Atlantis" is no country/],
  };
  for (const [what, [text, message]] of Object.entries(refused)) {
    it(`refuse ${what}`, () => assert.rejects(read(text), { code: 'HASHTAGS_WRONG', message }));
  }

  it('that are not there are refused, and folders too', async () => {
    for (const file of ['/nowhere/tags.jsonl', '/tmp']) {
      await assert.rejects(readTagList(file).next(), { code: 'HASHTAGS_WRONG', message: /is no file/ });
    }
  });
});

describe('the most frequent hashtags', () => {
  const random = uniform(seed);
  // Few are frequent and most occur once, as in life.
  const images = Array.from({ length: 3000 }, () => [
    ...new Set(Array.from({ length: integer(random, 0, 6) }, () => `t${Math.floor(random() ** -1.2)}`)),
  ]);
  const lists = async function* () {
    for (let first = 0; first < images.length; first += 700) yield images.slice(first, first + 700);
  };
  const counts = new Map<string, number>();
  for (const tag of images.flat()) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  const all = [...counts]
    .map(([tag, count]) => ({ tag, count }))
    .sort((one, other) => other.count - one.count || (one.tag < other.tag ? -1 : 1));

  for (const [buckets, candidates] of [
    [2 ** 22, 2 ** 20],
    [64, 20],
    [16, 2],
    [256, 1],
    [1, 1],
  ] as const) {
    it(`are exact with ${buckets} buckets of which ${candidates} are looked at first (seed ${seed})`, async () => {
      for (const most of [1, 10, 60, 100_000]) {
        const found = await frequentTags(lists, { most, least: 1, buckets, candidates });
        assert.deepEqual(found, all.slice(0, most), `the first ${most}`);
      }
      const often = await frequentTags(lists, { most: 1000, least: 5, buckets, candidates });
      assert.deepEqual(
        often,
        all.filter(({ count }) => count >= 5),
      );
    });
  }

  it('keep few in memory: rare ones are not counted by themselves', async () => {
    const rare = async function* () {
      for (let i = 0; i < 20_000; i++) yield [[`once${i}`, `often${i % 10}`]];
    };
    const found = await frequentTags(rare, { most: 10, least: 1, buckets: 2 ** 12, candidates: 64 });
    assert.deepEqual(
      found.map(({ count }) => count),
      Array(10).fill(2000),
    );
  });
});

describe('an index of names', () => {
  it(`finds each name and no other (seed ${seed})`, () => {
    const random = uniform(seed);
    const names = new CompactStrings();
    const known = [...new Set(Array.from({ length: 5000 }, () => `images/${Math.floor(random() * 1e6)}é.jpg`))];
    for (const name of known) names.push(name);
    const index = new NameIndex(names, (name) => new Error(name));
    assert.ok(known.every((name, number) => index.find(name) === number));
    assert.equal(index.find('images/none.jpg'), -1);
    names.push(known[17]!);
    assert.throws(() => new NameIndex(names, (name) => new Error(`twice: ${name}`)), {
      message: `twice: ${known[17]}`,
    });
  });
});
