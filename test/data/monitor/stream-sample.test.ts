import assert from 'node:assert/strict';
import { locate } from '../../../data/monitor/locate.ts';
import { StreamSample } from '../../../data/monitor/stream-sample.ts';
import { encodeImage, type ImageMessage } from '../../../data/topics/image-message.ts';
import { gpsOf, image, messageOf, referenceTo } from './located-images.ts';

describe('country of an image', () => {
  let plain: ImageMessage['content'];
  let paris: ImageMessage['content'];
  let broken: ImageMessage['content'];
  before(async () => {
    plain = { inline: await image() };
    paris = { inline: await image('jpeg', gpsOf(48.8566, 2.3522)) };
    broken = { inline: await image('jpeg', { ...gpsOf(48, 2), GPSLatitude: '99/1 0/1 0/1' }) };
  });
  const of = (content: ImageMessage['content'], labels: Record<string, string> = {}) =>
    locate({ ...referenceTo(labels), content });
  const tokyo = { latitude: '35.6762', longitude: '139.6503' };

  it('comes from the label first, then from coordinates, then from EXIF', () => {
    const how = (content: ImageMessage['content'], labels: Record<string, string>) => of(content, labels);
    assert.deepEqual(how(paris, { country: 'Brazil', ...tokyo }), { country: 'BR', how: 'country-label' });
    assert.deepEqual(how(paris, tokyo), { country: 'JP', how: 'coordinate-labels' });
    assert.deepEqual(how(paris, {}), { country: 'FR', how: 'exif' });
  });

  it('comes from the next where one does not say it', () => {
    assert.deepEqual(of(paris, { country: 'Atlantis', ...tokyo }), { country: 'JP', how: 'coordinate-labels' });
    assert.deepEqual(of(paris, { country: 'Atlantis' }), { country: 'FR', how: 'exif' });
    assert.deepEqual(of(paris, { country: '', latitude: '0', longitude: '0' }), { country: 'FR', how: 'exif' });
  });

  it('says why it is unknown', () => {
    const why = (content: ImageMessage['content'], labels: Record<string, string> = {}) => {
      const { country, how } = of(content, labels);
      assert.equal(country, undefined);
      return how;
    };
    assert.equal(why(plain), 'nothing-in-image');
    assert.equal(why(plain, { country: 'unknown' }), 'nothing-in-image');
    assert.equal(why(broken), 'exif-malformed');
    assert.equal(why(broken, { country: 'Atlantis' }), 'country-label-not-understood');
    assert.equal(why(plain, { latitude: '0', longitude: '0' }), 'in-no-country');
    assert.equal(why({ inline: new Uint8Array([1, 2, 3]) }), 'nothing-in-image');
    assert.equal(locate(referenceTo()).how, 'only-a-reference');
  });

  for (const [latitude, longitude] of [
    ['91', '0'],
    ['48', '181'],
    ['48,8', '2,3'],
    ['NaN', '2'],
    ['1e1', '2'],
    ['48', ''],
    ["48° 51' N", '2'],
  ] as const) {
    it(`takes '${latitude}' and '${longitude}' for no coordinates`, () => {
      assert.equal(locate(referenceTo({ latitude, longitude })).how, 'coordinate-labels-wrong');
    });
  }

  it('takes labels of a reference', () => {
    assert.equal(locate(referenceTo({ country: 'DEU' })).country, 'DE');
    assert.equal(locate(referenceTo({ latitude: '-33.9', longitude: '+18.42' })).country, 'ZA');
  });
});

describe('sample of a stream', () => {
  const counts = (sample: StreamSample, label: string) =>
    Object.fromEntries(
      sample.columns
        .find((column) => column.label === label)!
        .dictionary.counted()
        .map(({ value, count }) => [value, count]),
    );

  it('counts the labels that are asked for, and remembers the names of others', () => {
    const sample = new StreamSample({ limit: 100, seed: 0, labels: ['source', 'constructor'] });
    for (const source of ['web', 'web', 'shop', '']) sample.add(encodeImage(referenceTo({ source, licence: 'CC0' })));
    assert.deepEqual(counts(sample, 'source'), { web: 2, shop: 1 });
    assert.equal(sample.columns[0]!.dictionary.unknown, 1);
    assert.equal(sample.columns[1]!.dictionary.unknown, 4);
    assert.deepEqual(sample.seenLabels, ['licence', 'source']);
  });

  it('counts countries by their codes, however they are written, and how they are known', async () => {
    const sample = new StreamSample({ limit: 100, seed: 0, labels: ['country'] });
    for (const country of ['FR', 'fra', 'France', 'Atlantis']) sample.add(encodeImage(referenceTo({ country })));
    sample.add(encodeImage(messageOf(await image('webp', gpsOf(48.8566, 2.3522)))));
    assert.deepEqual(counts(sample, 'country'), { FR: 4 });
    assert.deepEqual(counts(sample, '(located)'), { 'country-label': 3, 'country-label-not-understood': 1, exif: 1 });
  });

  it('counts bad messages by their reason, and samples none of them', () => {
    const sample = new StreamSample({ limit: 2, seed: 0, labels: ['source'] });
    const good = encodeImage(referenceTo({ source: 'web' }));
    const newer = Buffer.from(good);
    assert.equal(newer[1], 1);
    newer[1] = 9;
    for (const value of [good, new Uint8Array(), new Uint8Array([255, 255, 255]), newer, good.subarray(0, 30)]) {
      sample.add(value);
    }
    assert.deepEqual(sample.bad, { EMPTY: 1, BAD_IMAGE_MESSAGE: 2, UNKNOWN_SCHEMA: 1 });
    assert.equal(sample.reservoir.offered, 1);
  });

  it('keeps the counts of its images, and no more than its limit', () => {
    const sample = new StreamSample({ limit: 1000, seed: 4, labels: ['parity', 'number'] });
    for (let i = 0; i < 20_000; i++) {
      sample.add(encodeImage(referenceTo({ parity: i % 2 ? 'odd' : 'even', number: String(i) })));
    }
    const { odd, even } = counts(sample, 'parity') as { odd: number; even: number };
    assert.equal(odd + even, 1000);
    const numbers = counts(sample, 'number');
    assert.equal(Object.keys(numbers).length, 1000);
    assert.equal(Object.keys(numbers).filter((number) => Number(number) % 2 === 1).length, odd);
    assert.ok(Math.abs(odd - 500) < 100, String(odd));
  });
});
