/** Images of tar shards: names, places, labels, and what is not taken. */
import assert from 'node:assert/strict';
import type { CollectedImage, Rejection } from '../../../data/collections/collection.ts';
import { shardItems } from '../../../data/collections/shard-items.ts';
import { numberedJpeg } from '../numbered-jpeg.ts';
import { picture } from '../pictures.ts';
import { type Member, tarOf } from './tar.ts';

async function itemsOf(archive: Uint8Array): Promise<{ images: CollectedImage[]; rejected: Rejection[] }> {
  async function* stream() {
    yield archive;
  }
  const images: CollectedImage[] = [];
  const rejected: Rejection[] = [];
  for await (const item of shardItems({ name: 's.tar', place: '/data/s.tar', stream })) {
    if (item.kind === 'image') images.push(item);
    else rejected.push(item);
  }
  return { images, rejected };
}

const labelsIn = async (members: readonly Member[]) =>
  (await itemsOf(await tarOf(members))).images.map(({ name, labels }) => [name, labels]);

describe('images of a tar shard', () => {
  it('have the labels that lie beside them, before or after', async () => {
    const photo = await numberedJpeg(1);
    const json = JSON.stringify({ country: 'NP', year: 2019, nested: { a: 1 }, list: [1], none: null, yes: true });
    assert.deepEqual(
      await labelsIn([
        ['a/1.jpg', photo],
        ['a/1.json', json],
        ['a/1.cls', '42\n'],
        ['a/2.txt', ' a goat \n'],
        ['a/2.jpg', photo],
        ['a/3.jpg', photo],
        ['b/3.json', '{"class": "of another"}'],
        ['b/3.cls', '7'],
        ['b/3.jpg', photo],
        ['b/3.mask.png', await picture(8, 8).png().toBuffer()],
      ]),
      [
        ['s.tar/a/1.jpg', { country: 'NP', year: '2019', class: '42' }],
        ['s.tar/a/2.jpg', { text: 'a goat' }],
        ['s.tar/a/3.jpg', {}],
        ['s.tar/b/3.jpg', { class: '7' }],
        ['s.tar/b/3.mask.png', { class: '7' }],
      ],
    );
  });

  it('can be read again from where they are said to lie', async () => {
    const photos = await Promise.all([1, 2, 3].map((number) => numberedJpeg(number, number * 700)));
    const archive = await tarOf(photos.map((photo, i): Member => [`${'long/'.repeat(i * 30)}${i}.jpg`, photo]));
    const { images } = await itemsOf(archive);
    for (const [i, { place, bytes }] of images.entries()) {
      assert.equal(place.shard, '/data/s.tar');
      assert.ok(photos[i]!.equals(bytes));
      assert.ok(archive.subarray(place.offset, place.offset + place.length).equals(photos[i]!));
    }
    assert.equal(images.length, 3);
  });

  it('are found by their content where the name says nothing; all else is listed', async () => {
    const photo = await numberedJpeg(1);
    const { images, rejected } = await itemsOf(
      await tarOf([
        ['README', 'about these images'],
        ['1.data', photo],
        ['2.npy', 'numbers'],
        ['3.json', '{"a": 1}'],
        ['4.jpg', photo],
        ['4.json', '{"a": '],
        ['5.jpg', photo],
        ['5.json', '[1]'],
        ['6.jpg', photo],
        ['6.cls', Uint8Array.from([0xff, 0xfe])],
        ['7.jpg', photo],
        ['7.txt', new Uint8Array(2 ** 20 + 1)],
      ]),
    );
    assert.deepEqual(
      images.map(({ name, labels }) => [name, labels]),
      ['1.data', '4.jpg', '5.jpg', '6.jpg', '7.jpg'].map((name) => [`s.tar/${name}`, {}]),
    );
    assert.deepEqual(
      rejected.map(({ name, code }) => [name.slice(6), code]),
      [
        ['README', 'NOT_AN_IMAGE'],
        ['2.npy', 'NOT_AN_IMAGE'],
        ['3.json', 'NOT_AN_IMAGE'],
        ['4.json', 'BAD_LABELS'],
        ['5.json', 'BAD_LABELS'],
        ['6.cls', 'BAD_LABELS'],
        ['7.txt', 'TOO_LARGE'],
      ],
    );
  });

  it('all come, and in their order, where ever so many share a name up to the first dot', async () => {
    const photo = await numberedJpeg(1);
    const members = Array.from({ length: 100 }, (_, i): Member => [`x.${i}.jpg`, photo]);
    const { images } = await itemsOf(await tarOf(members));
    assert.deepEqual(
      images.map(({ name }) => name),
      members.map(([name]) => `s.tar/${name}`),
    );
  });

  it('come as far as a damaged shard is whole, and the shard is listed', async () => {
    const photo = await numberedJpeg(1, 3000);
    const archive = await tarOf([1, 2, 3].map((number): Member => [`${number}.jpg`, photo]));
    const { images, rejected } = await itemsOf(archive.subarray(0, 2 * 512 + 2 * 3584 - 100 + 2000));
    assert.deepEqual(
      images.map(({ name }) => name),
      ['s.tar/1.jpg', 's.tar/2.jpg'],
    );
    assert.deepEqual(
      rejected.map(({ name, code }) => [name, code]),
      [['s.tar', 'CORRUPT']],
    );
  });
});
