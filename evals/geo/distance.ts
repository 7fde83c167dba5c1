/** Distances on the globe, and the shares that Table 12 gives. */
import { geoDistance } from 'd3-geo';

export const EARTH_RADIUS_KM = 6371;

/** Radii of Table 12 in km: street, city, region, country, continent. */
export const RADII_KM = [1, 25, 200, 750, 2500] as const;

export interface Place {
  /** Degrees; north and east are positive. */
  readonly latitude: number;
  readonly longitude: number;
}

/** The way along a great circle, in km. */
export function greatCircleKm(one: Place, other: Place): number {
  return EARTH_RADIUS_KM * geoDistance([one.longitude, one.latitude], [other.longitude, other.latitude]);
}

export function placeAt(degrees: Float64Array, index: number): Place {
  return { latitude: degrees[2 * index]!, longitude: degrees[2 * index + 1]! };
}
