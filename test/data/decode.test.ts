import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { decodeImage, isSkipped } from '../../data/decode.ts';
import type { SkipCode } from '../../data/errors.ts';
import { jpegSize, type RgbImage } from '../../kernels/images.ts';
import { inOwnProcess } from '../in-own-process.ts';
import { inTemporaryFolder, jpeg, picture, pngWithClaimedSize, strip, withClaimedSize } from './pictures.ts';

const width = 64;
const height = 48;

async function decoded(bytes: Uint8Array): Promise<RgbImage> {
  const image = await decodeImage(bytes);
  assert(!isSkipped(image), JSON.stringify(image));
  assert.equal(image.data.length, image.width * image.height * 3);
  return image;
}

async function assertSkipped(bytes: Uint8Array | string, code: SkipCode, limits = {}): Promise<void> {
  const image = await decodeImage(bytes, limits);
  assert(isSkipped(image), `decoded to ${'width' in image ? image.width : ''} pixels instead of ${code}`);
  assert.equal(image.code, code, image.message);
  assert(image.message.length > 0);
}

/** Why the second image is skipped, and the memory that it took beyond the first one, in bytes. */
function decodedInOwnProcess(...images: readonly Buffer[]): [code: SkipCode, bytes: number] {
  const answer = inOwnProcess(
    `import { decodeImage } from './data/decode.ts';
    const [first, second] = ${JSON.stringify(images.map((bytes) => bytes.toString('base64')))};
    await decodeImage(Buffer.from(first, 'base64'));
    const before = process.resourceUsage().maxRSS;
    const { code } = await decodeImage(Buffer.from(second, 'base64'));
    console.log(JSON.stringify([code, (process.resourceUsage().maxRSS - before) * 1024]));`,
    {},
  );
  return JSON.parse(answer);
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  assert.equal(a.length, b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

describe('data: decode', () => {
  let original: Uint8Array;
  before(async () => {
    original = await picture(width, height).raw().toBuffer();
  });

  const formats: [name: string, encode: (image: Sharp) => Sharp, tolerance: number][] = [
    ['jpeg', (image) => image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }), 6],
    ['progressive jpeg', (image) => image.jpeg({ quality: 95, progressive: true, chromaSubsampling: '4:4:4' }), 6],
    ['cmyk jpeg', (image) => image.toColourspace('cmyk').jpeg({ quality: 95 }), 40],
    ['png', (image) => image.png(), 0],
    ['16-bit png', (image) => image.toColourspace('rgb16').png(), 1],
    ['png with alpha', (image) => image.ensureAlpha(0.5).png(), 0],
    ['palette png', (image) => image.png({ palette: true, colours: 256 }), 12],
    ['lossless webp', (image) => image.webp({ lossless: true }), 0],
    ['avif', (image) => image.avif({ quality: 90, chromaSubsampling: '4:4:4' }), 6],
    ['tiff', (image) => image.tiff({ compression: 'lzw' }), 0],
    ['cmyk tiff', (image) => image.toColourspace('cmyk').tiff(), 40],
    ['gif', (image) => image.gif(), 16],
  ];
  for (const [name, encode, tolerance] of formats) {
    it(`reads ${name} as RGB`, async () => {
      const image = await decoded(await encode(picture(width, height)).toBuffer());
      assert.deepEqual([image.width, image.height], [width, height]);
      const difference = meanDifference(image.data, original);
      assert(difference <= tolerance, `differs by ${difference} on average`);
    });
  }

  for (const format of ['jpeg', 'png'] as const) {
    it(`reads a grey ${format} as three equal channels`, async () => {
      const { data } = await decoded(await picture(width, height).greyscale().toFormat(format).toBuffer());
      for (let i = 0; i < data.length; i += 3) assert(data[i] === data[i + 1] && data[i] === data[i + 2]);
    });
  }

  for (const format of ['png', 'webp', 'tiff'] as const) {
    it(`takes the stored values of a ${format}, whatever its colour profile makes of them`, async () => {
      const wide = picture(width, height).withIccProfile('p3').toFormat(format, { lossless: true, compression: 'lzw' });
      const bytes = await wide.toBuffer();
      assert.ok((await sharp(bytes).metadata()).icc);
      const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
      assert.deepEqual(Buffer.from((await decoded(bytes)).data), stored);
      assert.notDeepEqual(stored, original);
    });
  }

  it('reads the first frame of an animation', async () => {
    const frames = await Promise.all([0, 1].map((shade) => solid(shade * 255)));
    const animated = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { data, height: rows } = await decoded(animated);
    assert.equal(rows, 16);
    assert(data.every((value) => value === 0));
  });

  it('tells formats by their content, whatever a file is called', () =>
    inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'really-a-png.jpg');
      await writeFile(file, await picture(width, height).png().toBuffer());
      const image = await decodeImage(file);
      assert(!isSkipped(image));
      assert.deepEqual(Buffer.from(image.data), Buffer.from(original));
    }));

  it('reads a JPEG with broken EXIF and stray bytes', async () => {
    const good = await jpeg();
    const exif = Buffer.from([0xff, 0xe1, 0x00, 0x10, ...Buffer.from('Exif\0\0'), 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4]);
    const image = await decoded(
      Buffer.concat([good.subarray(0, 2), exif, good.subarray(2), Buffer.from('after the end')]),
    );
    assert.deepEqual(image.data, (await decoded(good)).data);
  });

  it('skips what has no bytes', () => assertSkipped(new Uint8Array(), 'EMPTY'));
  it('skips what is no image', () => assertSkipped(Buffer.from('<html>not an image</html>'), 'NOT_AN_IMAGE'));
  it('skips what is not there', () => assertSkipped('/no/such/file.jpg', 'UNREADABLE'));
  it('skips a folder', () => assertSkipped(import.meta.dirname, 'UNREADABLE'));

  for (const share of [0.01, 0.3, 0.6, 0.95]) {
    it(`skips a JPEG cut off after ${share * 100} %`, async () => {
      const bytes = await jpeg(200, 150);
      await assertSkipped(bytes.subarray(0, Math.max(4, Math.floor(bytes.length * share))), 'CORRUPT');
    });
    it(`skips a progressive JPEG cut off after ${share * 100} %`, async () => {
      const bytes = await picture(200, 150).jpeg({ progressive: true }).toBuffer();
      await assertSkipped(bytes.subarray(0, Math.max(4, Math.floor(bytes.length * share))), 'CORRUPT');
    });
    it(`skips a PNG cut off after ${share * 100} %`, async () => {
      const bytes = await picture(200, 150).png().toBuffer();
      await assertSkipped(bytes.subarray(0, Math.max(12, Math.floor(bytes.length * share))), 'CORRUPT');
    });
  }

  it('skips a JPEG whose data is damaged', async () => {
    const bytes = await jpeg(200, 150);
    // A restart marker where none belongs ends the data early.
    bytes.set([0xff, 0xd9], Math.floor(bytes.length / 2));
    await assertSkipped(bytes, 'CORRUPT');
  });

  it('never fails but by a reason, whatever byte is damaged', async () => {
    const bytes = await jpeg(40, 32);
    for (let i = 3; i < bytes.length; i++) {
      const damaged = Buffer.from(bytes);
      damaged[i] = damaged[i]! ^ 0xff;
      const image = await decodeImage(damaged, { maximumPixels: 1e6 });
      if (isSkipped(image)) assert(['CORRUPT', 'TOO_MANY_PIXELS', 'TOO_SMALL'].includes(image.code), image.code);
    }
  });

  it('skips 1 x 1', async () => {
    await assertSkipped(await jpeg(1, 1), 'TOO_SMALL');
    await assertSkipped(await picture(1, 1).png().toBuffer(), 'TOO_SMALL');
  });

  it('skips decompression bombs on sight of their header', async () => {
    const bomb = withClaimedSize(await jpeg(), 30_000, 30_000);
    assert.deepEqual(jpegSize(bomb), { width: 30_000, height: 30_000 });
    const before = process.memoryUsage().rss;
    await assertSkipped(bomb, 'TOO_MANY_PIXELS');
    const png = await picture(width, height).png().toBuffer();
    await assertSkipped(pngWithClaimedSize(png, 30_000, 30_000), 'TOO_MANY_PIXELS');
    assert(process.memoryUsage().rss - before < 500e6, 'no memory was taken for 900 million pixels');
  });

  for (const kind of ['jpeg', 'progressive jpeg']) {
    it(`takes no memory for the pixels that a ${kind} claims and does not have`, async () => {
      const small = await picture(width, height)
        .jpeg({ progressive: kind !== 'jpeg' })
        .toBuffer();
      const [code, bytes] = decodedInOwnProcess(small, withClaimedSize(small, 9459, 9459));
      assert.equal(code, 'CORRUPT');
      assert(bytes < 64e6, `${bytes} bytes were taken for an image of ${small.length}`);
    });
  }

  it('skips sides that are longer than any crop is taken from', async () =>
    assertSkipped(await strip(2 ** 20 + 1), 'TOO_LARGE'));

  it('takes other limits', async () => {
    await assertSkipped(await jpeg(64, 48), 'TOO_MANY_PIXELS', { maximumPixels: 64 * 48 - 1 });
    await assertSkipped(await jpeg(64, 48), 'TOO_SMALL', { minimumSide: 49 });
    const image = await decodeImage(await jpeg(1, 1), { minimumSide: 1 });
    assert(!isSkipped(image));
  });

  function solid(shade: number): Promise<Buffer> {
    const background = { r: shade, g: shade, b: shade };
    return sharp({ create: { width: 16, height: 16, channels: 3, background } })
      .png()
      .toBuffer();
  }
});
