import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeSafetensors } from '../../../checkpoints/safetensors.ts';
import { averageTags } from '../../../evals/hashtags/average-tags.ts';
import { type EmbeddingSource, filesOfEmbeddings } from '../../../evals/hashtags/embedding-source.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { normals, seed, uniform } from '../../program/random.ts';

async function writeFeatures(file: string, names: readonly string[], values: Float32Array): Promise<void> {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const shape = [names.length, values.length / names.length];
  await writeSafetensors(file, new Map([['features', { dtype: 'F32', shape, data }]]), {
    names: JSON.stringify(names),
  });
}

interface Post {
  readonly image: string;
  readonly hashtags: readonly string[];
  readonly country?: string;
}

/** Averages posts whose embeddings lie in two files. */
async function average(
  posts: readonly Post[],
  embeddings: Readonly<Record<string, readonly number[]>>,
  options = {},
  change: (source: EmbeddingSource) => EmbeddingSource = (source) => source,
) {
  let result: Awaited<ReturnType<typeof averageTags>> | undefined;
  await inTemporaryFolder(async (folder) => {
    const list = path.join(folder, 'tags.jsonl');
    writeFileSync(list, posts.map((post) => `${JSON.stringify(post)}\n`).join(''));
    const names = Object.keys(embeddings);
    const half = Math.ceil(names.length / 2);
    const files: string[] = [];
    for (const [i, own] of [names.slice(0, half), names.slice(half)].entries()) {
      if (own.length === 0) continue;
      files.push(path.join(folder, `${i}.safetensors`));
      await writeFeatures(files.at(-1)!, own, Float32Array.from(own.flatMap((name) => embeddings[name]!)));
    }
    result = await averageTags(change(filesOfEmbeddings(files)), list, options);
  });
  return result!;
}

const four = { a: [1, 10], b: [2, 20], c: [4, 40], d: [8, 80] };

describe('embeddings of hashtags', () => {
  it('are the means of their images, whatever the order of the list', async () => {
    const { tags, means, matched } = await average(
      [
        { image: 'd', hashtags: ['sea', 'Sun'] },
        { image: 'a', hashtags: ['sea'] },
        { image: 'c', hashtags: [] },
        { image: 'b', hashtags: ['#sea', 'sun', 'sun'] },
      ],
      four,
    );
    assert.deepEqual(
      tags.map(({ tag, images }) => [tag, images]),
      [
        ['sea', 3],
        ['sun', 2],
      ],
    );
    assert.deepEqual([...means.values], [Math.fround(11 / 3), Math.fround(110 / 3), 5, 50]);
    assert.deepEqual([matched.matched, matched.withoutEmbedding.count, matched.withoutHashtags.count], [4, 0, 0]);
  });

  it(`are those of a plain sum for many images and tags (seed ${seed})`, async () => {
    const random = uniform(seed);
    const width = 19;
    const names = Array.from({ length: 400 }, (_, i) => `i${i}`);
    const rows = names.map(() => [...normals(random, width)]);
    const posts = names.map((image) => ({
      image,
      hashtags: Array.from({ length: Math.floor(random() * 8) }, () => `t${Math.floor(40 * random() ** 2)}`),
    }));
    const { tags, means } = await average(posts, Object.fromEntries(names.map((name, i) => [name, rows[i]!])), {
      most: 25,
    });
    assert.equal(tags.length, 25);
    for (const [row, { tag, images }] of tags.entries()) {
      const own = posts.flatMap(({ hashtags }, i) => (hashtags.includes(tag) ? [rows[i]!] : []));
      assert.equal(images, own.length);
      for (let d = 0; d < width; d++) {
        const mean = own.reduce((sum, values) => sum + values[d]!, 0) / own.length;
        assert.ok(Math.abs(means.values[row * width + d]! - mean) < 1e-6);
      }
    }
  });

  it('have the country of most of their images that have one', async () => {
    const { tags } = await average(
      [
        { image: 'a', hashtags: ['x', 'tie', 'none'], country: 'US' },
        { image: 'b', hashtags: ['x', 'tie'], country: 'India' },
        { image: 'c', hashtags: ['x'], country: 'in' },
        { image: 'd', hashtags: ['x', 'placeless'] },
      ],
      four,
    );
    const countryOf = Object.fromEntries(tags.map(({ tag, country, countryShare }) => [tag, [country, countryShare]]));
    assert.deepEqual(countryOf, {
      x: ['IN', 2 / 3],
      tie: ['IN', 0.5],
      none: ['US', 1],
      placeless: [undefined, undefined],
    });
  });

  it('leave out rare hashtags, and say what was left out', async () => {
    const { tags, matched } = await average(
      [
        { image: 'a', hashtags: ['x', 'rare'] },
        { image: 'b', hashtags: ['x'] },
        { image: 'gone', hashtags: ['x', 'gone'] },
      ],
      four,
      { least: 2 },
    );
    assert.deepEqual(
      tags.map(({ tag, images }) => [tag, images]),
      [['x', 2]],
    );
    assert.deepEqual(matched.withoutEmbedding, { count: 1, first: ['gone'] });
    assert.deepEqual(matched.withoutHashtags, { count: 2, first: ['c', 'd'] });
  });

  it('count the images that could be used, and drop hashtags that have none', async () => {
    const posts = [
      { image: 'a', hashtags: ['x'] },
      { image: 'b', hashtags: ['x', 'lost'] },
    ];
    const without = (source: EmbeddingSource): EmbeddingSource => ({
      ...source,
      async *blocks() {
        yield { images: Int32Array.of(0), values: Float32Array.of(1, 10) };
      },
    });
    const { tags, means, lost } = await average(posts, four, {}, without);
    assert.deepEqual(
      [tags, lost, [...means.values]].map((value) => JSON.stringify(value)),
      [JSON.stringify([{ tag: 'x', images: 1 }]), '["lost"]', '[1,10]'],
    );
  });

  it('are refused for images that occur twice, names that do not meet, broken embeddings, and too few hashtags', async () => {
    const post = { image: 'a', hashtags: ['x'] };
    await assert.rejects(average([post, post], four), {
      code: 'HASHTAGS_WRONG',
      message: /line 2: a occurs a second time/,
    });
    await assert.rejects(average([{ image: 'z', hashtags: ['x'] }], four), {
      code: 'HASHTAGS_WRONG',
      message: /No image of .* \(such as z; embeddings are of a and others\)/,
    });
    await assert.rejects(average([], four), { code: 'HASHTAGS_WRONG', message: /it has no line/ });
    await assert.rejects(average([post], { ...four, a: [Number.NaN, 1] }), {
      code: 'FEATURES_NOT_FINITE',
      message: /#x/,
    });
    await assert.rejects(average([post], four, { least: 2 }), { code: 'TOO_FEW_ROWS' });
    const check = (count: number) => assert.fail(`${count} hashtags`);
    await assert.rejects(average([post], four, { check }), { message: '1 hashtags' });
  });

  it('of files that do not belong together are refused', () =>
    inTemporaryFolder(async (folder) => {
      const [one, other] = ['one', 'other'].map((name) => path.join(folder, name)) as [string, string];
      await writeFeatures(one, ['a'], Float32Array.of(1, 2));
      await writeFeatures(other, ['b'], Float32Array.of(1, 2, 3));
      assert.throws(() => filesOfEmbeddings([one, other]), { code: 'SHAPES_DIFFER' });
      const list = path.join(folder, 'tags.jsonl');
      writeFileSync(list, '{"image": "a", "hashtags": ["x"]}\n');
      await assert.rejects(averageTags(filesOfEmbeddings([one, one]), list), { message: /two embeddings of a/ });
    }));
});
