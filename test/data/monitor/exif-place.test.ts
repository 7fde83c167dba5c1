import assert from 'node:assert/strict';
import sharp from 'sharp';
import { exifPlace } from '../../../data/monitor/exif-place.ts';
import { uniform } from '../../random.ts';
import { type Format, gpsOf, image } from './located-images.ts';

const FORMATS: readonly Format[] = ['jpeg', 'png', 'webp', 'avif'];

function assertPlace(bytes: Uint8Array, latitude: number, longitude: number): void {
  const place = exifPlace(bytes);
  assert.ok(typeof place === 'object', String(place));
  assert.ok(Math.abs(place.latitude - latitude) < 1e-5, `${place.latitude}`);
  assert.ok(Math.abs(place.longitude - longitude) < 1e-5, `${place.longitude}`);
}

describe('place in EXIF', () => {
  for (const format of FORMATS) {
    it(`is read from a ${format} file, on every quarter of the globe`, async () => {
      for (const [latitude, longitude] of [
        [48.8566, 2.3522],
        [-33.8688, 151.2093],
        [40.7128, -74.006],
        [-23.5505, -46.6333],
        [0, -180],
        [90, 0],
      ] as const) {
        assertPlace(await image(format, gpsOf(latitude, longitude)), latitude, longitude);
      }
    });

    it(`is none in a ${format} file without it`, async () => {
      assert.equal(exifPlace(await image(format)), 'none');
      assert.equal(exifPlace(await image(format, { GPSImgDirection: '90/1' })), 'none');
    });
  }

  it('is none in a GIF, in text and in nothing', async () => {
    const gif = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
      .gif()
      .toBuffer();
    for (const bytes of [gif, Buffer.from('GPSLatitude'), new Uint8Array()]) assert.equal(exifPlace(bytes), 'none');
  });

  it('takes minutes with a fraction and seconds of 0/0, as some cameras write them', async () => {
    const gps = { ...gpsOf(1, 1), GPSLatitude: '48/1 5139600/100000 0/0', GPSLongitude: '2/1 21132/1000 0/1' };
    assertPlace(await image('jpeg', gps), 48.8566, 2.3522);
  });

  const malformed: [string, Record<string, string>][] = [
    ['a latitude beyond the pole', { GPSLatitude: '91/1 0/1 0/1' }],
    ['a longitude beyond 180 degrees', { GPSLongitude: '180/1 1/1 0/1' }],
    ['a division by zero', { GPSLatitude: '1/0 0/1 0/1' }],
    ['a letter that is no direction', { GPSLatitudeRef: 'Q' }],
  ];
  for (const [name, entry] of malformed) {
    it(`is malformed with ${name}`, async () => {
      assert.equal(exifPlace(await image('jpeg', { ...gpsOf(48, 2), ...entry })), 'malformed');
    });
  }

  it('is malformed where half of it is missing', async () => {
    const { GPSLatitude, GPSLatitudeRef } = gpsOf(48, 2);
    assert.equal(
      exifPlace(await image('jpeg', { GPSLatitude: GPSLatitude!, GPSLatitudeRef: GPSLatitudeRef! })),
      'malformed',
    );
  });

  it('is malformed where the header is no TIFF', async () => {
    const bytes = await image('jpeg', gpsOf(48, 2));
    bytes.write('xx', bytes.indexOf('Exif\0\0') + 6);
    assert.equal(exifPlace(bytes), 'malformed');
  });

  it('is harmless whatever the bytes are', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = uniform(seed);
    const answers = new Set<string>();
    for (const format of FORMATS) {
      const good = await image(format, gpsOf(48.8566, 2.3522));
      for (let i = 0; i < 1500; i++) {
        const bytes = Buffer.from(random() < 0.2 ? good.subarray(0, Math.floor(random() * good.length)) : good);
        for (let flips = Math.floor(random() * 12); flips > 0; flips--) {
          bytes[Math.floor(random() * bytes.length)] = random() < 0.3 ? 255 : Math.floor(256 * random());
        }
        const place = exifPlace(bytes);
        if (typeof place === 'object') {
          const { latitude, longitude } = place;
          assert.ok(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180, `seed ${seed}: ${latitude} ${longitude}`);
        }
        answers.add(typeof place === 'object' ? 'place' : place);
      }
    }
    assert.deepEqual([...answers].sort(), ['malformed', 'none', 'place'], `seed ${seed}`);
  });

  it('ends soon where every entry claims to be as large as the file', () => {
    // A TIFF of a million bytes whose directories have 60,000 entries, each of half of the file, and point at each other.
    const bytes = Buffer.alloc(1_000_000);
    bytes.write('II*\0');
    bytes.writeUInt32LE(8, 4);
    bytes.writeUInt16LE(60_000, 8);
    for (let i = 0; i < 60_000; i++) {
      const at = 10 + 12 * i;
      bytes.writeUInt16LE(i % 3 === 0 ? 0x8825 : i % 2 === 0 ? 2 : 4, at);
      bytes.writeUInt16LE(i % 3 === 0 ? 4 : 5, at + 2);
      bytes.writeUInt32LE(i % 3 === 0 ? 1 : 60_000, at + 4);
      bytes.writeUInt32LE(8, at + 8);
    }
    assert.equal(typeof exifPlace(bytes), 'string');
  });
});
