/** What people put over pictures: lines of text, faces, hearts and stars, frames. Each is an SVG of the picture's size. */
import type { Random } from '../../data/random.ts';
import { ALPHABET, textPath } from './pixel-letters.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

const COLOURS = ['#ffffff', '#000000', '#ffe000', '#e01020', '#2060e0', '#20a040'];

function svg({ width, height }: Size, content: string): Buffer {
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`);
}

function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(values.length)]!;
}

/** Lines of capital letters, on a bar of colour or right on the picture. */
export function textOverlay(size: Size, lines: number, random: Random): Buffer {
  const colour = oneOf(random, COLOURS);
  const backed = random.chance(0.5);
  const top = random.uniform(0.05, 0.85 - 0.1 * lines) * size.height;
  const content = Array.from({ length: lines }, (_, line) => {
    const text = Array.from({ length: 8 + random.integer(10) }, () =>
      random.chance(0.2) ? ' ' : oneOf(random, ALPHABET),
    ).join('');
    const { path, width, height } = textPath(text, (size.width * random.uniform(0.6, 0.9)) / (text.length * 6));
    const [x, y] = [random.uniform(0, size.width - width), top + line * height * 1.6];
    const bar = backed
      ? `<rect x="0" y="${y - height * 0.3}" width="${size.width}" height="${height * 1.6}" fill="${colour === '#000000' ? '#ffffff' : '#000000'}"/>`
      : '';
    return `${bar}<path transform="translate(${x} ${y})" d="${path}" fill="${colour}"/>`;
  });
  return svg(size, content.join(''));
}

/** Paths in a square from -1 to 1. */
const HEART = 'M0 0.9C-1.6 -0.2 -0.8 -1.2 0 -0.4C0.8 -1.2 1.6 -0.2 0 0.9z';
const STAR = `M${Array.from({ length: 10 }, (_, i) => {
  const [radius, angle] = [i % 2 ? 0.42 : 1, (i * Math.PI) / 5];
  return `${radius * Math.sin(angle)} ${-radius * Math.cos(angle)}`;
}).join('L')}z`;
const FACE =
  '<circle r="1" fill="#ffd030" stroke="#806000" stroke-width="0.06"/><circle cx="-0.36" cy="-0.25" r="0.14"/>' +
  '<circle cx="0.36" cy="-0.25" r="0.14"/><path d="M-0.55 0.2A0.6 0.6 0 0 0 0.55 0.2" fill="none" stroke="#000" stroke-width="0.12"/>';

/** Faces, hearts and stars anywhere, of 7 to 20 % of the shorter side each. */
export function shapesOverlay(size: Size, count: number, random: Random): Buffer {
  const shorter = Math.min(size.width, size.height);
  const shapes = Array.from({ length: count }, () => {
    const radius = random.uniform(0.07, 0.2) * shorter;
    const [x, y] = [random.uniform(0, size.width), random.uniform(0, size.height)];
    const place = `translate(${x} ${y}) rotate(${random.uniform(-30, 30)}) scale(${radius})`;
    const drawing = oneOf(random, [
      FACE,
      `<path d="${HEART}" fill="#e01040"/>`,
      `<path d="${STAR}" fill="${oneOf(random, COLOURS)}"/>`,
    ]);
    return `<g transform="${place}">${drawing}</g>`;
  });
  return svg(size, shapes.join(''));
}

/** A frame on all sides, or bars above and below. */
export function borderOverlay(size: Size, share: number, random: Random): Buffer {
  const colour = oneOf(random, COLOURS);
  const { width, height } = size;
  if (random.chance(0.5)) {
    const bar = share * height;
    return svg(
      size,
      `<path d="M0 0h${width}v${bar}h${-width}zM0 ${height - bar}h${width}v${bar}h${-width}z" fill="${colour}"/>`,
    );
  }
  const line = 2 * share * Math.min(width, height);
  return svg(size, `<rect width="${width}" height="${height}" fill="none" stroke="${colour}" stroke-width="${line}"/>`);
}
