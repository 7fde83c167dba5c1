import assert from 'node:assert/strict';
import { seededRandom } from '../../data/random.ts';
import { type EditRecipe, editPicture, mirror, recolour } from '../../evals/copy-attacks/edits.ts';
import type { RgbImage } from '../../kernels/images.ts';
import { gradientPicture } from '../training/quickstart/pictures.ts';

const UNCHANGED: EditRecipe = {
  area: [1, 1],
  aspect: [1, 1],
  mirrorChance: 0,
  brightness: [1, 1],
  contrast: [1, 1],
  saturation: [1, 1],
  hue: [0, 0],
  greyChance: 0,
  blurChance: 0,
  blur: [1, 1],
  quality: [100, 100],
};

/** Mean absolute difference per value. */
function difference(a: RgbImage, b: RgbImage): number {
  assert.deepEqual([a.width, a.height], [b.width, b.height]);
  let sum = 0;
  for (const [index, value] of a.data.entries()) sum += Math.abs(value - b.data[index]!);
  return sum / a.data.length;
}

const pixel = (picture: RgbImage, x: number, y: number): number[] => [
  ...picture.data.subarray((y * picture.width + x) * 3, (y * picture.width + x) * 3 + 3),
];

describe('edits', () => {
  const picture = gradientPicture(40, 30);

  it('change nothing but what JPEG at its best changes when every range is neutral', async () => {
    assert.ok(difference(await editPicture(picture, UNCHANGED, seededRandom(1)), picture) < 2);
  });

  it('are the same for the same seed and differ for another', async () => {
    const recipe: EditRecipe = {
      ...UNCHANGED,
      area: [0.3, 0.9],
      aspect: [0.7, 1.4],
      hue: [-0.5, 0.5],
      quality: [20, 50],
    };
    const [first, again, other] = [1, 1, 2].map((seed) => editPicture(picture, recipe, seededRandom(seed)));
    assert.deepEqual(await first, await again);
    assert.notDeepEqual(await first, await other);
  });

  it('keep the asked share of the area', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const recipe: EditRecipe = { ...UNCHANGED, area: [0.25, 0.5], aspect: [0.9, 1.1] };
      const edited = await editPicture(picture, recipe, seededRandom(seed));
      const share = (edited.width * edited.height) / (40 * 30);
      assert.ok(share > 0.22 && share < 0.55, `seed ${seed}: ${share}`);
    }
  });

  it('mirror left and right', () => {
    const mirrored = mirror(picture);
    assert.deepEqual(pixel(mirrored, 0, 7), pixel(picture, 39, 7));
    assert.deepEqual(pixel(mirrored, 12, 3), pixel(picture, 27, 3));
    assert.deepEqual(mirror(mirrored), picture);
  });

  it('recolour: grey keeps the luma, a full turn of the hue keeps the colour, half a turn does not', () => {
    const neutral = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };
    const red: RgbImage = { width: 1, height: 1, data: Uint8Array.of(200, 40, 40) };
    const luma = Math.round(0.299 * 200 + 0.587 * 40 + 0.114 * 40);
    for (const value of pixel(recolour(red, { ...neutral, saturation: 0 }), 0, 0)) {
      assert.ok(Math.abs(value - luma) <= 1);
    }
    assert.ok(difference(recolour(red, { ...neutral, hue: 1 }), red) <= 1);
    const [r, , b] = pixel(recolour(red, { ...neutral, hue: 0.5 }), 0, 0);
    assert.ok(r! < b!);
  });

  it('recolour: brightness scales, contrast spreads around the mean, and both clip', () => {
    const two: RgbImage = { width: 2, height: 1, data: Uint8Array.of(60, 60, 60, 100, 100, 100) };
    const recoloured = (brightness: number, contrast: number) =>
      [...recolour(two, { brightness, contrast, saturation: 1, hue: 0 }).data].filter((_, index) => index % 3 === 0);
    assert.deepEqual(recoloured(1.5, 1), [90, 150]);
    assert.deepEqual(recoloured(1, 2), [40, 120]);
    assert.deepEqual(recoloured(1, 10), [0, 255]);
  });

  it('blur and compress: less detail is left', async () => {
    const detail = (image: RgbImage): number => {
      let sum = 0;
      for (let at = 3; at < image.data.length; at++) sum += Math.abs(image.data[at]! - image.data[at - 3]!);
      return sum;
    };
    const random = seededRandom(3);
    const noise: RgbImage = {
      width: 32,
      height: 32,
      data: Uint8Array.from({ length: 3072 }, () => random.integer(256)),
    };
    const blurred = await editPicture(noise, { ...UNCHANGED, blurChance: 1, blur: [2, 2] }, seededRandom(1));
    assert.ok(detail(blurred) < detail(noise) / 3);
    const compressed = await editPicture(noise, { ...UNCHANGED, quality: [5, 5] }, seededRandom(1));
    assert.ok(difference(compressed, noise) > 10);
  });
});
