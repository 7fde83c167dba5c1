/** Sets of copies: the same seed gives the same bytes, each attack does something, and the reader reads what the writer wrote. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openImageFolder } from '../../data/image-folder.ts';
import { seededRandom } from '../../data/random.ts';
import { type Attack, drawAttacks, makeCopy } from '../../evals/copy-attacks/attacks.ts';
import { decode } from '../../evals/copy-attacks/edits.ts';
import { openCopydays } from '../../evals/datasets/copydays.ts';
import type { RgbImage } from '../../kernels/images.ts';
import { jpeg, picture } from '../data/pictures.ts';
import { auspex } from '../services/cli/run.ts';
import { temporaryFolder } from '../training/tiny-training.ts';

const ATTACKS: readonly Attack[] = [
  { kind: 'crop', area: 0.4 },
  { kind: 'rotate', degrees: 20 },
  { kind: 'print', cell: 6, noise: 8 },
  { kind: 'text', lines: 3 },
  { kind: 'shapes', count: 5 },
  { kind: 'border', share: 0.1 },
  { kind: 'blur', sigma: 20 },
  { kind: 'colours', saturation: 0, brightness: 1.4, contrast: 0.6 },
];

describe('attacks on photos', () => {
  let photo: RgbImage;
  before(async () => {
    photo = await decode(await picture(160, 120, 3).png().toBuffer());
  });
  const copyOf = (attacks: readonly Attack[], seed: number) => makeCopy(photo, attacks, 90, seededRandom(seed));

  for (const attack of ATTACKS) {
    it(`${attack.kind}: changes the picture, the same way for the same seed`, async () => {
      const copy = await copyOf([attack], 1);
      assert.deepEqual(await copyOf([attack], 1), copy);
      const [changed, plain] = [await decode(copy), await decode(await copyOf([], 1))];
      if (changed.width !== plain.width || changed.height !== plain.height) return;
      let difference = 0;
      for (const [i, value] of changed.data.entries()) difference += Math.abs(value - plain.data[i]!);
      assert.ok(difference / changed.data.length > 3, `${difference / changed.data.length} levels per value`);
    });
  }

  it('a crop keeps its share, and a turn makes room for the corners', async () => {
    const crop = await decode(await copyOf([{ kind: 'crop', area: 0.25 }], 2));
    assert.ok(Math.abs((crop.width * crop.height) / (160 * 120) - 0.25) < 0.03);
    const turned = await decode(await copyOf([{ kind: 'rotate', degrees: 30 }], 2));
    assert.ok(turned.width > 160 && turned.height > 120);
  });

  it('are drawn two looks at a time, all of them sooner or later, none twice in one copy', () => {
    const random = seededRandom(5);
    const drawn = Array.from({ length: 300 }, () => drawAttacks(random).map(({ kind }) => kind));
    assert.deepEqual(new Set(drawn.flat()), new Set(ATTACKS.map(({ kind }) => kind)));
    for (const kinds of drawn)
      assert.ok(new Set(kinds).size === kinds.length && kinds.length >= 2 && kinds.length <= 3);
  });
});

describe('auspex datasets copies', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  before(async () => {
    mkdirSync(at('photos', 'deep'), { recursive: true });
    writeFileSync(at('photos', 'a.jpg'), await jpeg(80, 60, 1));
    writeFileSync(at('photos', 'b.png'), await picture(60, 80, 2).png().toBuffer());
    writeFileSync(at('photos', 'broken.jpg'), (await jpeg()).subarray(0, 300));
    writeFileSync(at('photos', 'deep', 'c.webp'), await picture(64, 64, 3).webp().toBuffer());
  });
  after(() => temporary.remove());

  const copies = (out: string, ...args: string[]) =>
    auspex(['datasets', 'copies', '--from', at('photos'), '--out', at(out), '--copies', '2', ...args]);
  const hashes = (out: string) =>
    [
      'manifest.json',
      ...['original', 'strong'].flatMap((block) => readdirSync(at(out, block)).map((file) => `${block}/${file}`)),
    ].map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(at(out, name)))
          .digest('hex')}`,
    );

  it('writes what the reader of Copydays reads, with what was done to each copy', async () => {
    const { code, stderr, json } = copies(
      'first',
      '--distractors',
      at('photos'),
      '--whitening',
      at('photos'),
      '--json',
    );
    assert.equal(code, 0, stderr);
    const result = json<{ photos: number; copies: number; skipped: { name: string }[] }>();
    assert.deepEqual([result.photos, result.copies, result.skipped.map(({ name }) => name)], [3, 6, ['broken.jpg']]);
    const { name, classes, splits, split } = await openCopydays(at('first'));
    assert.deepEqual([name, classes.length, [...splits]], ['copies', 3, ['train', 'val', 'test']]);
    assert.equal((await split('val')).images.length, 3 + 4, 'originals and linked distractors');
    const manifest = JSON.parse(readFileSync(at('first', 'manifest.json'), 'utf8'));
    assert.equal(manifest.copies.length, 6);
    assert.ok(manifest.copies.every(({ attacks }: { attacks: Attack[] }) => attacks.length >= 2));
    assert.deepEqual(
      manifest.originals.map(({ from }: { from: string }) => from),
      ['a.jpg', 'b.png', 'deep/c.webp'],
    );
    const original = readFileSync(at('first', manifest.originals[0].file));
    assert.deepEqual(original, readFileSync(at('photos', 'a.jpg')), 'a JPEG stays as it is');
    const all = await openImageFolder(at('first', 'original'));
    assert.deepEqual(await decode(readFileSync(all.path(1))).then(({ width, height }) => [width, height]), [60, 80]);
  });

  it('makes the same bytes of the same seed, and others of another', () => {
    assert.equal(copies('again').code, 0);
    assert.equal(copies('once-more').code, 0);
    assert.equal(copies('other', '--seed', '1').code, 0);
    assert.deepEqual(hashes('once-more'), hashes('again'));
    const strong = (out: string) => hashes(out).filter((line) => line.startsWith('strong'));
    assert.equal(strong('other').filter((line) => strong('again').includes(line)).length, 0);
  });

  it('leaves what lies there already alone', () => {
    mkdirSync(at('taken'));
    writeFileSync(at('taken', 'letter.txt'), 'mine');
    const { code, stderr } = copies('taken');
    assert.equal(code, 1);
    assert.match(stderr, /^error DATASET_FOLDER_TAKEN: /);
    assert.deepEqual(readdirSync(at('taken')), ['letter.txt']);
  });

  it('wants folders that have images', () => {
    const { code, stderr } = copies('unlinked', '--distractors', at('nowhere'));
    assert.equal(code, 1);
    assert.match(stderr, /^error NO_SUCH_FOLDER: /);
  });
});
