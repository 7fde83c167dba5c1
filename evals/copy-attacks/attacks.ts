/**
 * What happens to a picture between its original and a copy that somebody found, after the "strong" set of Copydays: parts cut
 * out, turned, printed and scanned, written over, framed, blurred, recoloured, and at last saved as a small JPEG.
 */
import sharp, { type Sharp } from 'sharp';
import type { Random } from '../../data/random.ts';
import type { RgbImage } from '../../kernels/images.ts';
import { cut, recolour } from './edits.ts';
import { halftone } from './halftone.ts';
import { borderOverlay, shapesOverlay, textOverlay } from './overlays.ts';

export type Attack =
  /** The share of the area that is kept. */
  | { readonly kind: 'crop'; readonly area: number }
  | { readonly kind: 'rotate'; readonly degrees: number }
  /** Distance of the printed dots in pixels of a picture of 1,000. */
  | { readonly kind: 'print'; readonly cell: number; readonly noise: number }
  | { readonly kind: 'text'; readonly lines: number }
  | { readonly kind: 'shapes'; readonly count: number }
  /** Width as a share of the shorter side, or of the height for bars. */
  | { readonly kind: 'border'; readonly share: number }
  /** Standard deviation in pixels of a picture of 1,000. */
  | { readonly kind: 'blur'; readonly sigma: number }
  | { readonly kind: 'colours'; readonly saturation: number; readonly brightness: number; readonly contrast: number };

/** Longer side of a copy in pixels: nobody passes on the full resolution. */
const LONGEST = 1000;
const GEOMETRY = ['crop', 'rotate', 'none'] as const;
const LOOK = ['print', 'text', 'shapes', 'border', 'blur', 'colours'] as const;

/** One change of the geometry or none, then two different ones of the look. */
export function drawAttacks(random: Random): Attack[] {
  const attacks: Attack[] = [];
  const geometry = GEOMETRY[random.integer(GEOMETRY.length)]!;
  if (geometry === 'crop') attacks.push({ kind: 'crop', area: random.uniform(0.2, 0.7) });
  if (geometry === 'rotate')
    attacks.push({ kind: 'rotate', degrees: random.uniform(5, 40) * (random.chance(0.5) ? 1 : -1) });
  const first = random.integer(LOOK.length);
  const second = (first + 1 + random.integer(LOOK.length - 1)) % LOOK.length;
  // In the order in which they are listed: text is printed over what was recoloured, and so on, whichever came up first.
  for (const look of [first, second].sort((a, b) => a - b)) attacks.push(drawLook(LOOK[look]!, random));
  return attacks;
}

function drawLook(kind: (typeof LOOK)[number], random: Random): Attack {
  switch (kind) {
    case 'print':
      return { kind, cell: random.uniform(4, 9), noise: random.uniform(4, 16) };
    case 'text':
      return { kind, lines: 1 + random.integer(4) };
    case 'shapes':
      return { kind, count: 2 + random.integer(7) };
    case 'border':
      return { kind, share: random.uniform(0.04, 0.15) };
    case 'blur':
      return { kind, sigma: random.uniform(2, 8) };
    case 'colours':
      return {
        kind,
        saturation: random.chance(0.4) ? 0 : random.uniform(0.3, 2),
        brightness: random.uniform(0.5, 1.6),
        contrast: random.uniform(0.5, 1.6),
      };
  }
}

/** The copy, as the bytes of a JPEG of that quality. */
export async function makeCopy(
  original: RgbImage,
  attacks: readonly Attack[],
  quality: number,
  random: Random,
): Promise<Buffer> {
  let copy = await shrink(original);
  for (const attack of attacks) copy = await applyAttack(copy, attack, random);
  return raw(copy).jpeg({ quality }).toBuffer();
}

async function applyAttack(picture: RgbImage, attack: Attack, random: Random): Promise<RgbImage> {
  const unit = Math.max(picture.width, picture.height) / LONGEST;
  switch (attack.kind) {
    case 'crop':
      return cut(picture, { area: [attack.area, attack.area], aspect: [3 / 4, 4 / 3] }, random);
    case 'rotate': {
      const level = Math.round(random.uniform(0, 255));
      return pixels(raw(picture).rotate(attack.degrees, { background: { r: level, g: level, b: level } }));
    }
    case 'print': {
      const paper = [random.uniform(0.92, 1), random.uniform(0.9, 0.98), random.uniform(0.8, 0.95)] as const;
      const printed = halftone(
        picture,
        { cell: Math.max(attack.cell * unit, 2.5), noise: attack.noise, paper },
        random,
      );
      return pixels(raw(printed).blur(Math.max(1.2 * unit, 0.3)));
    }
    case 'text':
      return covered(picture, textOverlay(picture, attack.lines, random));
    case 'shapes':
      return covered(picture, shapesOverlay(picture, attack.count, random));
    case 'border':
      return covered(picture, borderOverlay(picture, attack.share, random));
    case 'blur':
      return pixels(raw(picture).blur(Math.max(attack.sigma * unit, 0.3)));
    case 'colours':
      return recolour(picture, { ...attack, hue: 0 });
  }
}

function raw({ width, height, data }: RgbImage) {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function pixels(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

async function covered(picture: RgbImage, overlay: Buffer): Promise<RgbImage> {
  return pixels(raw(picture).composite([{ input: overlay }]));
}

async function shrink(picture: RgbImage): Promise<RgbImage> {
  if (Math.max(picture.width, picture.height) <= LONGEST) return picture;
  return pixels(raw(picture).resize({ width: LONGEST, height: LONGEST, fit: 'inside' }));
}
