/** The square regions of R-MAC (Tolias, Sicre and Jegou 2016), which overlap by about 40 %, level after level smaller ones. */

/** In cells of the map, x along its width. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What neighbouring regions of level 1 should share. */
const OVERLAP = 0.4;
/** How many more regions than the level the longer side may get. */
const MOST_EXTRA = 6;

/**
 * Level l has l regions along the shorter side, of 2 / (l + 1) of its length. A map whose regions would have no cell has none of
 * that level.
 */
export function rmacRegions(height: number, width: number, levels: number): Region[] {
  const shorter = Math.min(height, width);
  const extra = height === width ? 0 : extraRegions(Math.max(height, width), shorter);
  const regions: Region[] = [];
  for (let level = 1; level <= levels; level++) {
    const side = Math.floor((2 * shorter) / (level + 1));
    if (side === 0) continue;
    const across = begins(width, side, level + (width > height ? extra : 0));
    const down = begins(height, side, level + (height > width ? extra : 0));
    for (const y of down) for (const x of across) regions.push({ x, y, width: side, height: side });
  }
  return regions;
}

/** How many regions more the longer side gets, so that those of level 1 overlap as nearly as possible by `OVERLAP`. */
function extraRegions(longer: number, shorter: number): number {
  let best = { extra: 1, distance: Number.POSITIVE_INFINITY };
  for (let extra = 1; extra <= MOST_EXTRA; extra++) {
    const step = (longer - shorter) / extra;
    const distance = Math.abs((shorter ** 2 - shorter * step) / shorter ** 2 - OVERLAP);
    if (distance < best.distance) best = { extra, distance };
  }
  return best.extra;
}

/** Where `count` regions of a length begin that spread evenly over a side. */
function begins(length: number, side: number, count: number): number[] {
  const half = Math.floor(side / 2 - 1);
  const step = count > 1 ? (length - side) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => Math.floor(half + i * step) - half);
}
