import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CompactStrings, hashOf } from '../../../data/compact-strings.ts';
import { type FrequentTag, type FrequentTagsOptions, frequentTags } from '../../../evals/hashtags/frequent-tags.ts';
import { matchImages } from '../../../evals/hashtags/match-images.ts';
import { StringTable } from '../../../evals/hashtags/string-table.ts';
import { TagBuckets } from '../../../evals/hashtags/tag-buckets.ts';
import type { Spans, TagEntries } from '../../../evals/hashtags/tag-entries.ts';
import { TagEntriesReader } from '../../../evals/hashtags/tag-entries-reader.ts';
import { hashtagOf, taggedImageOf } from '../../../evals/hashtags/tag-line.ts';
import { TagList } from '../../../evals/hashtags/tag-list.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { integer, seed, uniform } from '../../program/random.ts';

interface Read {
  readonly line: number;
  readonly image: string;
  readonly hashtags: readonly string[];
  readonly country: string | undefined;
}

/** Entries as objects, whose hashes have to be those of their texts. */
function readEntries({ length, bytes, lines, images, starts, tags, countries }: TagEntries, codes: readonly string[]) {
  const textOf = ({ begins, ends, hashes }: Spans, i: number) => {
    assert.equal(hashes[i], hashOf(bytes, begins[i]!, ends[i]!));
    return Buffer.from(bytes.subarray(begins[i], ends[i])).toString();
  };
  return Array.from({ length }, (_, entry): Read => {
    const hashtags = Array.from({ length: starts[entry + 1]! - starts[entry]! }, (_, i) =>
      textOf(tags, starts[entry]! + i),
    );
    return { line: lines[entry]!, image: textOf(images, entry), hashtags, country: codes[countries[entry]!] };
  });
}

async function read(text: string) {
  const found: Read[] = [];
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'tags.jsonl');
    writeFileSync(file, text);
    const list = new TagList(file);
    for await (const entries of list.entries()) found.push(...readEntries(entries, list.codes));
  });
  return found;
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
      await assert.rejects(new TagList(file).entries().next(), { code: 'HASHTAGS_WRONG', message: /is no file/ });
    }
  });

  it(`say the same as each line by itself, however they are written and in whatever pieces they come (seed ${seed})`, () => {
    const random = uniform(seed);
    const one = <T>(of: readonly T[]) => of[integer(random, 0, of.length - 1)]!;
    const space = () => one(['', '', '', ' ', '\t ', ' \r']);
    const letters = [
      'a',
      'z',
      '0',
      '_',
      'A',
      'Q',
      '#',
      ' ',
      'é',
      'e\u0301',
      'İ',
      '結',
      '\u0958',
      '😀',
      '"',
      '\\',
      '\n',
      '-',
    ];
    const word = () =>
      Array.from({ length: integer(random, 0, 6) }, () => one(letters.slice(0, one([4, 4, 8, 18])))).join('');
    // Some as JSON.stringify writes them, some with every letter escaped.
    const quoted = (text: string) =>
      random() < 0.9
        ? JSON.stringify(text)
        : `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
    const lineOf = (i: number) => {
      if (random() < 0.05) return space();
      const tags = Array.from({ length: integer(random, 0, 5) }, () => quoted(`${word()}x`));
      const fields = [
        ['image', quoted(`${i}/${word()}`)],
        ['hashtags', `[${space()}${tags.join(`${space()},${space()}`)}${space()}]`],
        ...(random() < 0.7 ? [['country', one(['"US"', '"germany"', 'null', '""', '"bra"', '"Côte d\'Ivoire"'])]] : []),
      ].sort(() => random() - 0.5);
      const pairs = fields.map(
        ([key, value]) =>
          `${space()}${one([`"${key}"`, `"${key}"`, quoted(key!)])}${space()}:${space()}${value}${space()}`,
      );
      return `${space()}{${pairs.join(',')}}${space()}`;
    };
    const lines = Array.from({ length: 400 }, (_, i) => lineOf(i));
    const expected = lines.flatMap((text, i) => {
      const said = taggedImageOf(text, 'list', i + 1);
      return said ? [{ line: i + 1, ...said }] : [];
    });
    for (const longest of [1, 50, 3000, 1e6]) {
      const reader = new TagEntriesReader((text, line) => taggedImageOf(text, 'list', line));
      const bytes = Buffer.from(lines.join('\n'));
      const found: Read[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = integer(random, 1, longest);
        reader.read(bytes.subarray(at, at + size));
        found.push(...readEntries(reader, reader.codes));
        at += size;
      }
      reader.end();
      found.push(...readEntries(reader, reader.codes));
      assert.deepEqual(found, expected);
    }
  });

  it('are read whole where a piece has more entries than the one before, whose texts took much room', () => {
    const reader = new TagEntriesReader((text, line) => taggedImageOf(text, 'list', line));
    const encode = (...lines: readonly object[]) =>
      Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    reader.read(encode({ image: 'a', hashtags: ['é'.repeat(10_000)] }));
    const many = Array.from({ length: 3000 }, (_, i) => ({ image: `${i}`, hashtags: [] }));
    reader.read(encode(...many));
    assert.deepEqual(
      readEntries(reader, reader.codes).map(({ line, image }) => [line, image]),
      many.map(({ image }, i) => [i + 2, image]),
    );
  });
});

/** The most frequent of images that have these, and the hashtags that are said of each image. */
async function mostFrequent(
  images: readonly (readonly string[])[],
  { buckets: count, ...options }: FrequentTagsOptions & { readonly buckets: number },
) {
  let found: FrequentTag[] = [];
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'tags.jsonl');
    const names = new CompactStrings();
    for (const i of images.keys()) names.push(`${i}`);
    // From the last to the first: the order of the list is not that of the images.
    const lines = images.map((hashtags, i) => `${JSON.stringify({ image: `${i}`, hashtags })}\n`).reverse();
    writeFileSync(file, lines.join(''));
    const [list, buckets] = [new TagList(file), new TagBuckets(count)];
    const matched = await matchImages(list, names, buckets);
    const { tags, ofImages } = await frequentTags(list, matched, buckets, options);
    const numberOf = new Map(tags.map(({ tag }, number) => [tag, number]));
    for (const [i, hashtags] of images.entries()) {
      const expected = hashtags.flatMap((tag) => numberOf.get(tag) ?? []);
      assert.deepEqual([...ofImages.members.subarray(ofImages.begins[i], ofImages.ends[i])], expected);
    }
    found = [...tags];
  });
  return found;
}

describe('the most frequent hashtags', () => {
  const random = uniform(seed);
  // Few are frequent and most occur once, as in life.
  const images = Array.from({ length: 3000 }, () => [
    ...new Set(Array.from({ length: integer(random, 0, 6) }, () => `t${Math.floor(random() ** -1.2)}`)),
  ]);
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
        const found = await mostFrequent(images, { most, least: 1, buckets, candidates });
        assert.deepEqual(found, all.slice(0, most), `the first ${most}`);
      }
      const often = await mostFrequent(images, { most: 1000, least: 5, buckets, candidates });
      assert.deepEqual(
        often,
        all.filter(({ count }) => count >= 5),
      );
    });
  }

  it('are looked for among few: rare ones are not counted by themselves', async () => {
    const rare = Array.from({ length: 20_000 }, (_, i) => [`once${i}`, `often${i % 10}`]);
    const found = await mostFrequent(rare, { most: 10, least: 1, buckets: 2 ** 12, candidates: 64 });
    assert.deepEqual(
      found.map(({ count }) => count),
      Array(10).fill(2000),
    );
  });

  it('are refused of a list that changes while it is read', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'tags.jsonl');
      const names = new CompactStrings();
      names.push('a');
      names.push('b');
      const line = (image: string, tag: string) => `{"image": "${image}", "hashtags": ["${tag}"]}\n`;
      for (const after of [
        '',
        line('a', 'x'),
        line('a', 'x') + line('b', 'y') + line('c', 'y'),
        line('a', 'x') + line('b', 'new'),
      ]) {
        writeFileSync(file, line('a', 'x') + line('b', 'y'));
        const [list, buckets] = [new TagList(file), new TagBuckets()];
        const matched = await matchImages(list, names, buckets);
        writeFileSync(file, after);
        await assert.rejects(frequentTags(list, matched, buckets, { most: 5, least: 1 }), {
          code: 'HASHTAGS_WRONG',
          message: /has changed/,
        });
      }
    });
  });
});

describe('a table of texts', () => {
  const random = uniform(seed);
  const known = [...new Set(Array.from({ length: 5000 }, () => `images/${Math.floor(random() * 1e6)}é.jpg`))];
  const spanOf = (text: string): [Uint8Array, number, number, number] => {
    const bytes = Buffer.from(`<${text}>`);
    return [bytes, 1, bytes.length - 1, hashOf(bytes, 1, bytes.length - 1)];
  };

  it(`finds each and no other (seed ${seed})`, () => {
    const names = new CompactStrings();
    for (const name of known) names.push(name);
    const table = new StringTable(names);
    assert.ok(known.every((name, number) => table.find(...spanOf(name)) === number));
    assert.equal(table.find(...spanOf('images/none.jpg')), -1);
    names.push(known[17]!);
    assert.throws(() => new StringTable(names, (name) => new Error(`twice: ${name}`)), {
      message: `twice: ${known[17]}`,
    });
  });

  it(`takes each once, though it grows meanwhile (seed ${seed})`, () => {
    const table = new StringTable();
    for (let time = 0; time < 2; time++) {
      for (const [number, name] of known.entries()) assert.equal(table.intern(...spanOf(name)), number);
    }
    assert.ok(known.every((name, number) => table.strings.at(number) === name));
  });
});
