import assert from 'node:assert/strict';
import { s2 } from 's2js';
import { leafCell } from '../../evals/geo/cells.ts';
import { greatCircleKm } from '../../evals/geo/distance.ts';
import { assertClose, loadFixture } from './fixture.ts';

type LatitudeLongitude = [number, number];
interface Scalars {
  haversine: {
    from_lat_lng: LatitudeLongitude[];
    to_lat_lng: LatitudeLongitude[];
    km: number[];
    percent_within: Record<string, number>;
  };
  s2: { rows: [number, number, string, string, string, string][] };
}

const place = ([latitude, longitude]: LatitudeLongitude) => ({ latitude, longitude });

describe('golden geography', () => {
  const { scalars, tolerances } = loadFixture<unknown, Scalars>('metrics');

  it('distances along great circles, and shares within radii', () => {
    const { from_lat_lng: from, to_lat_lng: to, km, percent_within: shares } = scalars.haversine;
    const found = from.map((one, i) => greatCircleKm(place(one), place(to[i]!)));
    assertClose(found, km, tolerances['km']!, 'km');
    for (const [radius, share] of Object.entries(shares)) {
      const within = found.filter((distance) => distance <= Number(radius)).length;
      assertClose([(100 * within) / found.length], [share], { atol: 1e-9 }, `within ${radius} km`);
    }
  });

  it('cells of S2, and those that they lie in at levels 4, 9 and 15', () => {
    for (const [latitude, longitude, leaf, ...tokens] of scalars.s2.rows) {
      const cell = leafCell(latitude, longitude);
      assert.equal(String(cell), leaf);
      assert.deepEqual(
        [4, 9, 15].map((level) => s2.cellid.toToken(s2.cellid.parent(cell, level))),
        tokens,
      );
    }
  });
});
