/** The map of accuracy by country: every figure is on it or below it, and what rests on too little is seen to. */
import assert from 'node:assert/strict';
import sharp from 'sharp';
import { type CountryFigure, classOf, countriesOf, worldMap } from '../../../evals/report/world-map.ts';
import type { GroupSizes, Metric } from '../../../evals/result.ts';

const figure = (country: string, value: number, more: Partial<CountryFigure> = {}): CountryFigure => ({
  ...{ country, value, low: value - 0.1, high: value + 0.1, images: 50, units: 5, status: 'enough' },
  ...more,
});
const shapesOf = (map: string, name: string) =>
  map.match(new RegExp(`<path [^>]*><title>${name}[^<]*</title></path>[^\\n]*`, 'g')) ?? [];
const fillOf = (shape: string) => /fill="(#[0-9a-f]+)"/.exec(shape)![1];

describe('evals: a map of countries', () => {
  it('has each country in the colour of its class, whatever name or code it goes by', () => {
    const map = worldMap([
      figure('Burundi', 0.3),
      figure('United States', 0.95),
      figure("Cote d'Ivoire", 0.95),
      figure('SG', 0.3),
    ]);
    const fills = ['Burundi', 'United States', "Cote d'Ivoire", 'SG'].map((name) => {
      const shapes = shapesOf(map, `${name}: `);
      assert.equal(shapes.length, 1, name);
      return fillOf(shapes[0]!);
    });
    assert.equal(fills[0], fills[3], 'Singapore is drawn, small as it is');
    assert.equal(fills[1], fills[2]);
    assert.notEqual(fills[0], fills[1]);
    assert.match(shapesOf(map, 'Burundi')[0]!, /30\.0 % \(20\.0 % to 40\.0 %\), 50 images of 5 households</);
    assert.match(shapesOf(map, 'Brazil')[0]!, /no images/);
  });

  it('hatches what has too few images, and nothing else', () => {
    const map = worldMap([figure('Burundi', 0.3, { status: 'too few', units: 1 }), figure('India', 0.3)]);
    assert.match(shapesOf(map, 'Burundi')[0]!, /too few to compare.*url\(#few\)/);
    assert.doesNotMatch(shapesOf(map, 'India')[0]!, /few/);
  });

  it('lists below it what it does not know, and a second name for one country', () => {
    const map = worldMap([figure('Atlantis <&>', 0.704), figure('Myanmar', 0.5), figure('MM', 0.6)]);
    assert.match(map, /Not on the map: Atlantis &lt;&amp;&gt; 70 %, MM 60 %/);
    assert.equal(shapesOf(map, 'Myanmar: 50').length, 1);
    assert.doesNotMatch(worldMap([figure('India', 0.5)]), /Not on the map/);
  });

  it('is a picture that can be drawn', async () => {
    const { width, height } = await sharp(Buffer.from(worldMap([figure('India', 0.5)]))).metadata();
    assert.ok(width! > 900 && height! > 500);
  });

  it('has classes whose ends belong to the one above', () => {
    assert.deepEqual([0, 0.4999, 0.5, 0.8999, 0.9, 1].map(classOf), [0, 0, 1, 4, 5, 5]);
  });

  it('takes the figures of countries from a result, without the difference of two', () => {
    const of = { attribute: 'country' };
    const metric = { name: 'top5', value: 0.5, low: 0.4, high: 0.6, count: 9 };
    const metrics: Metric[] = [
      { ...metric, of: { attribute: 'region', group: 'India' }, value: 0.1 },
      { ...metric, of: { ...of, group: 'India' } },
      { ...metric, name: 'top5 difference', of: { ...of, highest: 'India', lowest: 'Nepal' } },
    ];
    const size = { group: 'India', images: 9, units: 2, unjudged: 0, status: 'enough' } as const;
    const unjudged = { group: 'Nepal', images: 0, units: 0, unjudged: 3, status: 'not judged' } as const;
    const sizes: GroupSizes = {
      attribute: 'country',
      unit: 'household',
      mean: 'units',
      minimum: 1,
      minimumUnits: 2,
      unlabelled: 0,
      groups: [size, unjudged],
    };
    assert.deepEqual(countriesOf(metrics, 'top5', sizes), [
      { country: 'India', value: 0.5, low: 0.4, high: 0.6, images: 9, units: 2, status: 'enough' },
    ]);
  });
});
