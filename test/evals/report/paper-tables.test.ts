import assert from 'node:assert/strict';
import { catalogue, catalogueEntry } from '../../../evals/datasets/catalogue.ts';
import { sizesOf, TABLE_13 } from '../../../evals/report/paper/datasets.ts';
import { numberOf, rowName } from '../../../evals/report/paper/paper-table.ts';
import { PAPER_TABLES } from '../../../evals/report/paper/tables.ts';
import { parametersOf, shortParameters } from '../../../evals/report/parameters.ts';

const table = (number: number, part = 0) => PAPER_TABLES.filter((each) => each.number === number)[part]!;

/** Read again in the paper, and not out of the sources. */
const CELLS: readonly (readonly [table: number, row: number, column: string, figure: string, part?: number])[] = [
  [1, 0, 'gender: female', '67.5'],
  [1, 1, 'gender x skintone: female x darker', '50.3'],
  [1, 3, 'age: 70+', '96.7'],
  [2, 1, 'gender (male - female)', '31'],
  [2, 3, 'skintone (lighter - darker)', '3'],
  [3, 0, 'gender x skintone: female x lighter', '6.0'],
  [3, 3, 'age: 70+', '1.6', 1],
  [3, 3, 'gender x skintone: female x darker', '93.0', 2],
  [3, 2, 'age: 70+', '6.45', 3],
  [5, 0, 'income: low', '48.3'],
  [5, 2, 'region: Europe', '85.6'],
  [6, 2, 'ROC AUC', '66.8'],
  [7, 0, 'INet val', '82.1'],
  [7, 6, 'INet-Sketch', '37.9'],
  [7, 8, 'ObjectNet', '60.2'],
  [8, 2, 'Orientation', '32.6'],
  [8, 8, 'Location', '96.3'],
  [9, 2, 'iWildCam-WILDS linear', '73.32'],
  [9, 4, 'iNaturalist18 linear', '-'],
  [9, 11, 'iNaturalist18 finetuned', '84.7'],
  [10, 0, 'mAP', '82.5'],
  [10, 9, 'mAP', '90.6'],
  [11, 5, 'VOC07', '-'],
  [11, 12, 'Places205', '62.9'],
  [12, 0, 'Im2GPS 1 km', '-'],
  [12, 3, 'Im2GPS3k 25 km', '28.0'],
  [12, 10, 'Im2GPS 200 km', '58.3'],
  [12, 10, 'Im2GPS3k 2500 km', '76.0'],
  [17, 0, 'CLEVR Count', '86.06'],
  [17, 0, 'Kinetics700', '42.31'],
  [17, 6, 'CLEVR Count', '89.28'],
  [17, 6, 'PatchCam', '-'],
  [17, 6, 'Kinetics700', '51.13'],
  [17, 9, 'SUN397', '-'],
  [17, 23, 'GTSRB', '92.29'],
  [17, 38, 'Food101', '95.9'],
  [17, 38, 'Kinetics700', '73.0'],
  [18, 0, '1%', '-'],
  [18, 8, '10%', '78.8'],
];

/** Of all figures of each table, added up from the paper's text. */
const SUMS = [
  ...[4081.6, 95, 35.4, 11.5, 1677.1, 1464.75, 1522.8, 350.6, 3671.2, 1270.5, 2416.72, 839, 2848.2, 2940],
  ...[70_136.63, 1101.1],
];

describe("the paper's tables", () => {
  it('have as many rows and columns as in the paper', () => {
    const sizes = PAPER_TABLES.map(({ number, rows, columns }) => [number, rows.length, columns.length]);
    assert.deepEqual(sizes, [
      ...[
        [1, 4, 12],
        [2, 4, 2],
        [3, 4, 8],
        [3, 4, 8],
        [3, 4, 8],
        [3, 4, 8],
        [5, 3, 7],
        [6, 5, 1],
        [7, 9, 7],
        [8, 9, 2],
        [9, 12, 4],
        [10, 10, 1],
        [11, 13, 3],
        [12, 11, 10],
        [17, 39, 25],
        [18, 9, 2],
      ],
    ]);
    assert.equal(TABLE_13.length, 21);
  });

  for (const [number, row, column, figure, part = 0] of CELLS) {
    it(`have ${figure} in Table ${number}${'abcd'[part]}, row ${row + 1}, ${column}`, () => {
      const { rows, columns } = table(number, part);
      const at = columns.findIndex(({ name }) => name === column);
      assert.ok(at >= 0, 'there is such a column');
      assert.equal(rows[row]!.figures[at], figure);
    });
  }

  it('have a figure or a dash in every cell, and all attributes', () => {
    for (const { number, attributes, columns, rows } of PAPER_TABLES) {
      for (const row of rows) {
        assert.equal(row.attributes.length, attributes.length, `Table ${number}, ${row.attributes}`);
        assert.equal(row.figures.length, columns.length, `Table ${number}, ${row.attributes}`);
        for (const figure of row.figures) {
          const value = numberOf(figure);
          assert.ok(value === null || (value >= 0 && value < 100), `Table ${number}: ${figure}`);
        }
      }
    }
  });

  it('have the sums of the printed columns', () => {
    const sums = PAPER_TABLES.map(({ rows }) =>
      rows.flatMap(({ figures }) => figures).reduce((total, figure) => total + (numberOf(figure) ?? 0), 0),
    );
    assert.deepEqual(
      sums.map((sum) => Number(sum.toFixed(2))),
      SUMS,
    );
  });

  it('call a network the same in every table', () => {
    for (const { number, rows } of PAPER_TABLES) {
      // Table 12 has RG-256Gf in place of the largest.
      if (number === 12) continue;
      assert.ok(
        rows.some((row) => rowName(row) === 'SEER RG-128Gf'),
        `Table ${number}`,
      );
      // Table 12 ends with RG-256Gf.
      const largest = number === 12 ? 'SEER RG-256Gf' : 'SEER RG-10B';
      assert.ok(
        rows.some((row) => rowName(row) === largest),
        `Table ${number}`,
      );
    }
  });

  it('have the sizes of Table 13 for its datasets', () => {
    const exactly = (count: number) => ({ all: [count], slack: 0 });
    for (const { dataset, train, test } of TABLE_13) {
      assert.equal(sizesOf(dataset).train?.all[0], train, dataset);
      assert.equal(sizesOf(dataset).test?.all[0], test, dataset);
    }
    assert.deepEqual(sizesOf('svhn'), { train: exactly(73_257), test: exactly(26_032), searched: undefined });
    assert.deepEqual(sizesOf('mnist').test, exactly(10_000));
    assert.deepEqual(sizesOf('gtsrb').train, { all: [26_683, 26_640], slack: 0 }, 'the paper and the download differ');
    const columns = new Set(PAPER_TABLES.flatMap((each) => each.columns.map(({ dataset }) => dataset)));
    for (const dataset of columns) assert.ok(sizesOf(dataset).test, `how many images ${dataset} has`);
    for (const { dataset } of TABLE_13) assert.ok(columns.has(dataset), `${dataset} stands in another table too`);
  });

  it('write parameters as the paper does', () => {
    assert.deepEqual([216_000, 37_163_068, 693_000_000, 1_500_000_000, 10_000_000_000].map(shortParameters), [
      ...['0.22M', '37.2M', '693M', '1.5B', '10B'],
    ]);
    assert.equal(parametersOf('1.5B'), 1.5e9);
    assert.equal(parametersOf('2048'), undefined);
  });
});

describe('datasets of the paper’s tables', () => {
  it('have the names of the catalogue', () => {
    const known = new Set([...catalogue.map(({ name }) => name), 'copydays']);
    const named = [
      ...PAPER_TABLES.flatMap(({ columns }) => columns.map(({ dataset }) => dataset)),
      ...TABLE_13.map(({ dataset }) => dataset),
    ];
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });
  it('have the sizes of Table 13, or the catalogue says that the paper has another', () => {
    for (const { dataset, train, test } of TABLE_13) {
      const { splits } = catalogueEntry(dataset);
      assert.equal(splits.train!.paper ?? splits.train!.images, train, dataset);
      assert.equal(splits.test!.paper ?? splits.test!.images, test, dataset);
    }
  });
});
