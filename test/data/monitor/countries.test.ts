import assert from 'node:assert/strict';
import { countryName, countryOfCoordinates, countryOfText } from '../../../data/monitor/countries.ts';

const CITIES: [string, latitude: number, longitude: number, code: string][] = [
  ['Paris', 48.8566, 2.3522, 'FR'],
  ['London', 51.5074, -0.1278, 'GB'],
  ['Belfast', 54.5973, -5.9301, 'GB'],
  ['New York', 40.7128, -74.006, 'US'],
  ['Honolulu', 21.3069, -157.8583, 'US'],
  ['Anchorage', 61.2181, -149.9003, 'US'],
  ['Mexico City', 19.4326, -99.1332, 'MX'],
  ['São Paulo', -23.5505, -46.6333, 'BR'],
  ['Buenos Aires', -34.6037, -58.3816, 'AR'],
  ['Ushuaia', -54.8019, -68.303, 'AR'],
  ['Reykjavik', 64.1466, -21.9426, 'IS'],
  ['Nuuk', 64.1814, -51.6941, 'GL'],
  ['Cairo', 30.0444, 31.2357, 'EG'],
  ['Lagos', 6.5244, 3.3792, 'NG'],
  ['Nairobi', -1.2921, 36.8219, 'KE'],
  ['Cape Town', -33.9249, 18.4241, 'ZA'],
  ['Maseru', -29.3151, 27.4869, 'LS'],
  ['Istanbul', 41.0082, 28.9784, 'TR'],
  ['Moscow', 55.7558, 37.6173, 'RU'],
  ['Vladivostok', 43.1155, 131.8855, 'RU'],
  ['Mumbai', 19.076, 72.8777, 'IN'],
  ['Beijing', 39.9042, 116.4074, 'CN'],
  ['Hong Kong', 22.3193, 114.1694, 'HK'],
  ['Taipei', 25.033, 121.5654, 'TW'],
  ['Tokyo', 35.6762, 139.6503, 'JP'],
  ['Seoul', 37.5665, 126.978, 'KR'],
  ['Singapore', 1.3521, 103.8198, 'SG'],
  ['Jakarta', -6.2088, 106.8456, 'ID'],
  ['Sydney', -33.8688, 151.2093, 'AU'],
  ['Auckland', -36.8509, 174.7645, 'NZ'],
  ['Cayenne', 4.9224, -52.3135, 'GF'],
  ['San Juan', 18.4655, -66.1057, 'PR'],
  ['Pristina', 42.6629, 21.1655, 'XK'],
  ['Vatican City', 41.9029, 12.4534, 'VA'],
  ['Las Palmas', 28.1235, -15.4363, 'ES'],
];

const NOWHERE: [string, latitude: number, longitude: number][] = [
  ['the Gulf of Guinea, where coordinates of 0 lie', 0, 0],
  ['the Atlantic', 30, -40],
  ['the Pacific', 40, -150],
  ['the Indian Ocean', -30, 80],
  ['the North Pole', 90, 0],
  ['the North Pole from the other side', 90, 180],
];

describe('country of coordinates', () => {
  for (const [name, latitude, longitude, code] of CITIES) {
    it(`finds ${name} in ${code}`, () => assert.equal(countryOfCoordinates({ latitude, longitude }), code));
  }

  for (const [name, latitude, longitude] of NOWHERE) {
    it(`finds no country in ${name}`, () => assert.equal(countryOfCoordinates({ latitude, longitude }), undefined));
  }

  it('finds the South Pole in Antarctica', () => {
    for (const longitude of [0, 90, 180, -180]) assert.equal(countryOfCoordinates({ latitude: -90, longitude }), 'AQ');
  });

  it('finds a country on both sides of the antimeridian, and on it', () => {
    for (const longitude of [179.9, 180, -180, -179.9]) {
      assert.equal(countryOfCoordinates({ latitude: 67.5, longitude }), 'RU', String(longitude));
      assert.equal(countryOfCoordinates({ latitude: -16.8, longitude }), 'FJ', String(longitude));
      assert.equal(countryOfCoordinates({ latitude: 0, longitude }), undefined, String(longitude));
    }
  });
});

describe('country of a text', () => {
  const texts: [string, string][] = [
    ['FR', 'FR'],
    ['fr', 'FR'],
    [' FRA ', 'FR'],
    ['France', 'FR'],
    ['UK', 'GB'],
    ['GBR', 'GB'],
    ['England', 'GB'],
    ['United States', 'US'],
    ['united states of america', 'US'],
    ['USA', 'US'],
    ['The Netherlands', 'NL'],
    ['Türkiye', 'TR'],
    ['TURKEY', 'TR'],
    ["Côte d'Ivoire", 'CI'],
    ['Cote d’Ivoire', 'CI'],
    ['Ivory Coast', 'CI'],
    ['Réunion', 'RE'],
    ['Reunion', 'RE'],
    ['Hong Kong', 'HK'],
    ['Bosnia & Herzegovina', 'BA'],
    ['Russian Federation', 'RU'],
    ['Viet Nam', 'VN'],
    ['Czech Republic', 'CZ'],
    ['Czechia', 'CZ'],
    ['South Korea', 'KR'],
    ['Democratic Republic of the Congo', 'CD'],
    ['Kosovo', 'XK'],
    ['Hawaii', 'US'],
    ['Georgia', 'GE'],
  ];
  for (const [text, code] of texts) it(`takes '${text}' for ${code}`, () => assert.equal(countryOfText(text), code));

  for (const text of [
    '',
    ' ',
    'ZZ',
    'Atlantis',
    'EU',
    'Europe',
    '33',
    '+49',
    '001',
    'UN',
    'constructor',
    '🌍',
    '中国',
  ]) {
    it(`takes '${text}' for no country`, () => assert.equal(countryOfText(text), undefined));
  }

  it('understands every code and its own name of it', () => {
    const regions = ['AF', 'BQ', 'CW', 'GF', 'IO', 'MK', 'PS', 'SX', 'TW', 'XK', 'ZW'];
    for (const code of regions) assert.equal(countryOfText(countryName(code)), code);
  });

  it('names a code in English, and what is none by itself', () => {
    assert.deepEqual(['DE', 'GF', 'XK', 'nowhere'].map(countryName), ['Germany', 'French Guiana', 'Kosovo', 'nowhere']);
  });
});
