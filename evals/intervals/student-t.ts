/** Student's t distribution: how far a mean of few values may lie from the truth, whose spread those few have to tell, too. */

/** Quantiles 0.975 for 1 to 9 degrees of freedom. */
const FEW = [12.7062047, 4.3026527, 3.1824463, 2.7764451, 2.5705818, 2.4469119, 2.3646243, 2.3060041, 2.2621572];
/** The normal quantile, which it comes to. */
const Z = 1.959963984540054;

/**
 * Half of a two-sided 95 % interval in standard deviations, to 5 digits: a table, and from 10 degrees of freedom on the expansion of Cornish
 * and Fisher about the normal quantile.
 */
export function tQuantile(degrees: number): number {
  const known = FEW[degrees - 1];
  if (known !== undefined) return known;
  const first = (Z ** 3 + Z) / 4;
  const second = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96;
  const third = (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384;
  return Z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}
