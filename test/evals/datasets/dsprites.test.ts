import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { packImages, unpackImage } from '../../../evals/datasets/dsprites/packed.ts';
import {
  indexOfLatents,
  type Latents,
  latentsOf,
  NUM_IMAGES,
  render,
  SIDE,
} from '../../../evals/datasets/dsprites/renderer.ts';
import { openDataset } from '../../../evals/datasets/open-dataset.ts';
import { prepareDataset } from '../../../evals/datasets/prepare-dataset.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { fixture } from './layouts.ts';

const SIZE = SIDE * SIDE;

/** The latents of the frames of the published animation, in its order. */
function animation(): Latents[] {
  const frames: Latents[] = [];
  const up = (count: number) => [...Array(count).keys()];
  const down = (count: number) => up(count).reverse();
  let now: Latents = { shape: 2, scale: 0, orientation: 0, x: 0, y: 0 };
  const sweep = (latent: keyof Latents, values: readonly number[]) => {
    for (const value of values) {
      now = { ...now, [latent]: value };
      frames.push(now);
    }
  };
  for (const shape of [2, 1, 0]) {
    now = { shape, scale: 0, orientation: 0, x: 0, y: 0 };
    for (const values of [up(6), down(6), up(6)]) sweep('scale', values);
    sweep('orientation', up(40));
    now = { ...now, orientation: 0 };
    if (shape === 2) {
      sweep('y', up(32));
      sweep('x', up(32));
      sweep('y', down(32));
      sweep('x', down(32));
    }
    sweep('scale', down(6));
  }
  return frames;
}

describe('evals: dSprites', () => {
  it('agrees with the published animation in all but 68 of 1,310,720 pixels', async () => {
    const { data } = await sharp(fixture('dsprites.gif'), { pages: -1 })
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const frames = animation();
    assert.equal(frames.length * SIZE, data.length);
    let different = 0;
    let most = 0;
    for (const [frame, latents] of frames.entries()) {
      const image = render(latents);
      let here = 0;
      for (let i = 0; i < SIZE; i++) if (image[i] !== data[frame * SIZE + i]) here++;
      different += here;
      most = Math.max(most, here);
    }
    assert.ok(different <= 68 && most <= 4, `${different} pixels differ, ${most} of one frame`);
  });

  // Unlike the animation, these had no part in finding the geometry.
  it("agrees with the published notebook's images in all but 24 of 176,128 pixels", async () => {
    type Shown = { readonly latents: readonly [number, number, number, number, number]; readonly bits: string };
    const images: Shown[] = JSON.parse(await readFile(fixture('dsprites-notebook.json'), 'utf8'));
    assert.equal(images.length, 43);
    let different = 0;
    for (const { latents, bits } of images) {
      const [shape, scale, orientation, x, y] = latents;
      const image = render({ shape, scale, orientation, x, y });
      const shown = Buffer.from(bits, 'base64');
      for (let i = 0; i < SIZE; i++) if ((image[i]! & 1) !== ((shown[i >> 3]! >> (7 - (i & 7))) & 1)) different++;
    }
    assert.ok(different <= 24, `${different} pixels differ`);
  });

  it('draws each image alone, with all latents in the published order', () => {
    assert.deepEqual(latentsOf(0), { shape: 0, scale: 0, orientation: 0, x: 0, y: 0 });
    assert.deepEqual(latentsOf(NUM_IMAGES - 1), { shape: 2, scale: 5, orientation: 39, x: 31, y: 31 });
    for (const index of [1, 33, 40_961, 245_760, 737_000]) assert.equal(indexOfLatents(latentsOf(index)), index);
    const pictures = new Set<string>();
    // Of an ellipse at all places: no two are the same, and none touches the border.
    for (let place = 0; place < 1024; place++) {
      const image = render({ shape: 1, scale: 5, orientation: 7, x: place >> 5, y: place & 31 });
      pictures.add(createHash('sha256').update(image).digest('hex'));
      for (let i = 0; i < SIDE; i++)
        assert.equal(image[i]! | image[SIZE - 1 - i]! | image[i * SIDE]! | image[i * SIDE + SIDE - 1]!, 0);
    }
    assert.equal(pictures.size, 1024);
  });

  it("is prepared without a download, with the paper's 16 bins and the counts of Table 13", () =>
    inTemporaryFolder(async (folder) => {
      // The paper's bins: by the angle, of which the last is that of a whole turn.
      const orientationBin = ({ orientation }: Latents) => Math.min(15, Math.floor((orientation / 39) * 16));
      for (const [name, bin] of [
        ['dsprites-location', ({ x }: Latents) => x >> 1],
        ['dsprites-orientation', orientationBin],
      ] as const) {
        const out = path.join(folder, name);
        const record = await prepareDataset({ name, out });
        assert.deepEqual([record.splits.train?.images, record.splits.test?.images], [589_824, 147_456]);
        const dataset = await openDataset(out);
        const test = await dataset.split('test');
        assert.ok(test.labels.kind === 'classes');
        for (const row of [0, 1, 147_455]) {
          const latents = latentsOf(Number(test.images.name(row)));
          assert.equal(test.labels.classes[row], bin(latents));
          const { data } = test.images.pixels!(row);
          assert.deepEqual(
            data.filter((_, i) => i % 3 === 1),
            render(latents),
          );
        }
        const again = await (await openDataset(out)).split('test');
        assert.equal(again.images.name(77), test.images.name(77));
      }
    }));

  it('packs the images of an archive to a bit for each pixel, and refuses another shape', () =>
    inTemporaryFolder(async (folder) => {
      const to = path.join(folder, 'images.bits');
      let last: number[] = [];
      await packImages(fixture('imgs.npz'), to, [3, 16, 8], (...progress) => (last = progress));
      const bits = await readFile(to);
      assert.deepEqual([...bits], [...Array(16).fill(0), 0, 0, 0x10, ...Array(13).fill(0), ...Array(16).fill(255)]);
      assert.deepEqual(last, [384, 384]);
      // The only white pixel of the second image: row 2, column 3.
      const white = [...unpackImage(bits.subarray(16, 32)).entries()].filter(([, value]) => value === 255);
      assert.deepEqual(white, [[2 * 8 + 3, 255]]);
      await assert.rejects(
        packImages(fixture('imgs.npz'), to, [3, 64, 64], () => undefined),
        { code: 'DATASET_FILE_BROKEN' },
      );
      await assert.rejects(
        packImages(fixture('make.py'), to, [3, 16, 8], () => undefined),
        { code: 'DATASET_FILE_BROKEN' },
      );
    }));
});
