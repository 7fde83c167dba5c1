/** Pictures of plans: SVG that stands by itself, saved as it is or as PNG. */
import path from 'node:path';
import sharp from 'sharp';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { type Html, html, Html as RawHtml } from '../../training/run-page/html.ts';

/** Told apart by the colour-blind, too (Okabe and Ito). */
export const COLOURS = {
  grey: '#b3b3b3',
  blue: '#0072b2',
  sky: '#56b4e9',
  orange: '#e69f00',
  red: '#d55e00',
  green: '#009e73',
  purple: '#cc79a7',
} as const;

const STYLE = `
svg { font-family: 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif; font-size: 12px; fill: #222 }
.title { font-size: 14px; font-weight: bold }
.muted { fill: #666 }
.grid { stroke: #ddd; stroke-width: 1 }
.axis { stroke: #888; stroke-width: 1 }
`;

/** @param content in a coordinate system of so many pixels */
export function picture(width: number, height: number, title: string, content: Html): Html {
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<style>${new RawHtml(STYLE)}</style>
<rect width="${width}" height="${height}" fill="#fff"/>
${content}
</svg>
`;
}

export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
}

/** Names beside squares, from left to right. */
export function legend(x: number, y: number, entries: readonly LegendEntry[]): Html {
  let at = x;
  return html`${entries.map(({ name, colour }) => {
    const from = at;
    at += 26 + 6.8 * name.length;
    return html`<rect x="${from}" y="${y - 10}" width="11" height="11" fill="${colour}"/><text x="${from + 16}" y="${y}">${name}</text>`;
  })}`;
}

/** Saves a picture: as PNG, at twice its size, where the file's name ends so; otherwise as SVG. */
export async function savePicture(file: string, svg: Html): Promise<void> {
  const isPng = path.extname(file).toLowerCase() === '.png';
  const bytes = isPng ? await sharp(Buffer.from(svg.text), { density: 144 }).png().toBuffer() : svg.text;
  await writeFileAtomically(file, (handle) => handle.writeFile(bytes));
}
