import assert from 'node:assert/strict';
import path from 'node:path';
import { applySteps, type ColourStep, cropBoxes, decodeJpeg, normalise, type RgbImage } from '../../kernels/images.ts';
import { assertClose, fixturesFolder, loadFixture } from './fixture.ts';

type FixtureStep = [op: string, amount?: number];

interface Config {
  mean: number[];
  std: number[];
}

interface Scalars {
  photos: { file: string; width: number; height: number }[];
  boxes: Record<string, [top: number, left: number, height: number, width: number, side: number][]>;
  colour: { source: string; op: string; factor: number; output: string }[];
  blur: { source: string; radius: number; output: string }[];
  chains: { source: string; steps: FixtureStep[]; uint8: string; normalised: string }[];
}

const fixture = loadFixture<Config, Scalars>('crops');
const { scalars, config } = fixture;

/** The tolerance whose key names this output. */
function toleranceOf(word: string) {
  const key = Object.keys(fixture.tolerances).find((name) => name.includes(word));
  assert(key !== undefined, `the fixture has no tolerance for ${word}`);
  return fixture.tolerances[key]!;
}

function image(name: string): RgbImage {
  const { shape, data } = fixture.tensor(name);
  const [height, width, channels] = shape;
  assert.equal(channels, 3);
  return { width: width!, height: height!, data: new Uint8Array(data) };
}

function assertLevels(actual: Uint8Array, expected: Uint8Array, word: string, what: string): void {
  assert.equal(actual.length, expected.length, what);
  let largest = 0;
  let sum = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    largest = Math.max(largest, difference);
    sum += difference;
  }
  const tolerance = toleranceOf(word);
  const { max_abs: maximum = Infinity, mean_abs: mean = Infinity } = tolerance;
  assert(largest <= maximum, `${what}: differs by ${largest} levels, ${maximum} are allowed`);
  assert(sum / expected.length <= mean, `${what}: differs by ${sum / expected.length} on average, ${mean} is allowed`);
}

/** The fixture's names of operations, which are torchvision's, as ours. */
function step([op, amount]: FixtureStep): ColourStep {
  const names: Record<string, ColourStep['op']> = { hflip: 'flip', grayscale: 'grey' };
  return { op: names[op] ?? (op as ColourStep['op']), amount };
}

describe('golden: crops', () => {
  for (const [position, photo] of scalars.photos.entries()) {
    it(`decodes ${photo.file}`, async () => {
      const decoded = await decodeJpeg(path.join(fixturesFolder, photo.file));
      assert('data' in decoded, `not decoded: ${JSON.stringify(decoded)}`);
      assert.deepEqual([decoded.width, decoded.height], [photo.width, photo.height]);
      assertLevels(decoded.data, image(`photo${position}`).data, 'decoding', photo.file);
    });
  }

  for (const [photo, boxes] of Object.entries(scalars.boxes)) {
    for (const [position, [top, left, height, width, side]] of boxes.entries()) {
      it(`crops and resizes ${photo}.crop${position}`, async () => {
        const request = { image: image(photo), boxes: [{ top, left, height, width }] };
        const { views, failures } = await cropBoxes([request], side, 1);
        assert.deepEqual(failures, []);
        assertLevels(views, image(`${photo}.crop${position}`).data, 'crop', `${photo}.crop${position}`);
      });
    }
  }

  for (const { source, op, factor, output } of scalars.colour) {
    it(`adjusts ${output}`, async () => {
      const { data } = await applySteps(image(source), [step([op, factor])]);
      assertLevels(data, image(output).data, op, output);
    });
  }

  for (const { source, radius, output } of scalars.blur) {
    it(`blurs ${output}`, async () => {
      const { data } = await applySteps(image(source), [{ op: 'blur', amount: radius }]);
      assertLevels(data, image(output).data, 'blur', output);
    });
  }

  for (const output of fixture.names().filter((name) => name.endsWith('.grayscale'))) {
    it(`makes ${output}`, async () => {
      const { data } = await applySteps(image(output.split('.')[0]!), [{ op: 'grey' }]);
      assertLevels(data, image(output).data, 'grayscale', output);
    });
  }

  for (const output of fixture.names().filter((name) => name.endsWith('.hflip'))) {
    it(`mirrors ${output} exactly`, async () => {
      const { data } = await applySteps(image(output.split('.')[0]!), [{ op: 'flip' }]);
      assert.deepEqual(data, image(output).data);
    });
  }

  for (const chain of scalars.chains) {
    it(`runs ${chain.uint8}`, async () => {
      const { data } = await applySteps(image(chain.source), chain.steps.map(step));
      assertLevels(data, image(chain.uint8).data, '.uint8', chain.uint8);
    });

    it(`normalises ${chain.normalised}`, () => {
      const normalised = normalise(image(chain.uint8), config.mean, config.std);
      assertClose(normalised, fixture.values(chain.normalised), toleranceOf('.normalised given'), chain.normalised);
    });
  }
});
