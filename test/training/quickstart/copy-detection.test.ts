import assert from 'node:assert/strict';
import type { EditRecipe } from '../../../evals/copy-attacks/edits.ts';
import {
  type BaselineFamily,
  histogramBaseline,
  pixelBaseline,
  shrink,
  withoutMean,
} from '../../../evals/retrieval/baselines.ts';
import type { RgbImage } from '../../../kernels/images.ts';
import {
  buildCopyDetection,
  type CopyDetectionTask,
  chance,
  type Embed,
  evaluateBaseline,
  evaluateBestComparison,
  evaluateMethod,
} from '../../../training/quickstart/copy-detection.ts';
import { blobPicture } from './pictures.ts';

const GENTLE: EditRecipe = {
  area: [0.9, 1],
  aspect: [0.98, 1.02],
  mirrorChance: 0,
  brightness: [0.9, 1.1],
  contrast: [0.9, 1.1],
  saturation: [0.9, 1.1],
  hue: [-0.02, 0.02],
  greyChance: 0,
  blurChance: 0.5,
  blur: [0.5, 1],
  quality: [60, 90],
};

const photos = Array.from({ length: 40 }, (_, seed) => blobPicture(48, 36, seed));
const indices = [...photos.keys()];
const split = { heldOut: indices.filter((i) => i % 4 === 1), trained: indices.filter((i) => i % 4 !== 1) };

function task(recipe: EditRecipe, seed = 1): Promise<CopyDetectionTask> {
  return buildCopyDetection(photos, split, { recipe, editsPerPhoto: 4, seed });
}

describe('copy detection', () => {
  it('asks for held-out photos only, among all photos, and is the same for the same seed', async () => {
    const built = await task(GENTLE);
    assert.equal(built.queries.length, 40);
    assert.equal(built.gallery.length, photos.length);
    assert.deepEqual([...new Set(built.targets)], split.heldOut);
    assert.deepEqual(await task(GENTLE), built);
    assert.notDeepEqual((await task(GENTLE, 2)).queries, built.queries);
  });

  it('is solved by pixels when the edits are gentle, and not when pictures are mirrored', async () => {
    const gentle = evaluateBaseline(await task(GENTLE), pixelBaseline);
    const mirrored = evaluateBaseline(await task({ ...GENTLE, mirrorChance: 1 }), pixelBaseline);
    assert.ok(gentle.precisionAt1.value > 0.95, `${gentle.precisionAt1.value}`);
    assert.ok(mirrored.precisionAt1.value < 0.5, `${mirrored.precisionAt1.value}`);
  });

  it('is solved by histograms when pictures are mirrored, and not when colours are turned and tones changed', async () => {
    const mirrored = evaluateBaseline(await task({ ...GENTLE, mirrorChance: 1, hue: [0, 0] }), histogramBaseline);
    const recipe: EditRecipe = { ...GENTLE, mirrorChance: 1, area: [0.2, 0.4], hue: [-0.5, 0.5], greyChance: 0.3 };
    const recoloured = evaluateBaseline(await task(recipe), histogramBaseline);
    assert.ok(mirrored.precisionAt1.value > 0.9, `${mirrored.precisionAt1.value}`);
    assert.ok(recoloured.precisionAt1.value < 0.5, `${recoloured.precisionAt1.value}`);
  });

  it('takes the best of the forms and of the comparisons for a baseline', async () => {
    const built = await task(GENTLE);
    const good = (image: RgbImage) => withoutMean(shrink(image, 8));
    const family: BaselineFamily = {
      name: 'mixed',
      describe: (image) =>
        new Map([
          ['useless', Float32Array.of(1, 2, 3)],
          ['good', good(image)],
        ]),
    };
    assert.match(evaluateBaseline(built, family).form, /^good, /);

    const embed: Embed = async (images) => images.map(good);
    const all = await Promise.all(
      (['plain', 'centred', 'standardised'] as const).map((comparison) => evaluateMethod(built, embed, comparison)),
    );
    const chosen = await evaluateBestComparison(built, embed);
    assert.equal(chosen.precisionAt1.value, Math.max(...all.map((result) => result.precisionAt1.value)));
  });

  it('compares without what is common to all photos when it is told to', async () => {
    const built = await task(GENTLE);
    // One value that differs a little from photo to photo beside a large constant: only its size matters.
    const embed: Embed = async (images) =>
      images.map((image) => Float32Array.of(1000, ...withoutMean(shrink(image, 8)).map((value) => value + 1000)));
    const result = await evaluateMethod(built, embed, 'centred');
    const bare = await evaluateMethod(
      built,
      async (images) => images.map((image) => withoutMean(shrink(image, 8))),
      'centred',
    );
    assert.deepEqual(result.first, bare.first);
  });

  it('gives features that say nothing what guessing gives', async () => {
    const built = await task(GENTLE);
    const result = await evaluateMethod(built, async (images) => images.map(() => Float32Array.of(1, 1)), 'plain');
    const guess = chance(built);
    assert.ok(Math.abs(result.precisionAt1.value - guess.precisionAt1) < 1e-12);
    assert.ok(Math.abs(result.meanAveragePrecision.value - guess.meanAveragePrecision) < 1e-12);
  });

  it('keeps the statistics of the held-out photos out of the comparison', async () => {
    const built = await task(GENTLE);
    const good: Embed = async (images) => images.map((image) => withoutMean(shrink(image, 8)));
    const before = await evaluateMethod(built, good, 'standardised');
    // Without one held-out photo in the gallery, every other query scores the same or better, never differently scaled.
    const dropped = split.heldOut[0]!;
    const spoilt: CopyDetectionTask = {
      ...built,
      gallery: built.gallery.map((photo, index) => (index === dropped ? blobPicture(48, 36, 999) : photo)),
    };
    const after = await evaluateMethod(spoilt, good, 'standardised');
    const others = (first: Float64Array) => [...first].filter((_, query) => built.targets[query] !== dropped);
    assert.deepEqual(others(after.first), others(before.first));
  });
});

describe('shrinking a picture', () => {
  it('averages areas exactly, also where cells cut through pixels', () => {
    const picture: RgbImage = { width: 3, height: 1, data: Uint8Array.of(0, 0, 0, 90, 90, 90, 30, 30, 30) };
    const closeTo = (side: number, expected: number[]) => {
      const red = [...shrink(picture, side)].filter((_, index) => index % 3 === 0);
      for (const [cell, value] of expected.entries()) assert.ok(Math.abs(red[cell]! - value) < 1e-3, `${red}`);
    };
    closeTo(1, [40]);
    closeTo(2, [30, 50, 30, 50]); // the left half is pixel 0 and half of pixel 1; both rows are the one source row
  });

  it('enlarges too', () => {
    const picture: RgbImage = { width: 1, height: 1, data: Uint8Array.of(10, 20, 30) };
    assert.deepEqual([...shrink(picture, 2)], [10, 20, 30, 10, 20, 30, 10, 20, 30, 10, 20, 30]);
  });

  it('keeps the mean of a picture', () => {
    const picture = blobPicture(37, 23, 1);
    const mean = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(Math.abs(mean(shrink(picture, 8)) - mean(picture.data)) < 1e-3);
  });
});
