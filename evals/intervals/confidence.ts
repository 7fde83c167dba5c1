/** A share and the interval that holds it with 95 % confidence, all between 0 and 1. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The normal quantile of a two-sided 95 % interval. */
const Z = 1.959963984540054;

/**
 * The Wilson score interval of `hits` out of `total` trials (Wilson 1927): unlike the normal approximation it stays
 * inside 0 to 1 and keeps a width at 0 and at 1, which small held-out sets need.
 */
export function wilsonInterval(hits: number, total: number): Share {
  const share = hits / total;
  const shrink = 1 + Z ** 2 / total;
  const centre = (share + Z ** 2 / (2 * total)) / shrink;
  const half = (Z * Math.sqrt((share * (1 - share)) / total + Z ** 2 / (4 * total ** 2))) / shrink;
  return { value: share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
