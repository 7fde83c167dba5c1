/**
 * Images by group: the value of an attribute that somebody supplied (`gender`: `female`), or of several at once (`gender x skintone`:
 * `female x darker`). What has no label is counted, and is in no group.
 */
import type { Attributes } from '../datasets/attributes.ts';
import { EvaluationError } from '../errors.ts';

/** Between names of attributes, and between their values. */
export const CROSS = ' x ';

export interface Grouping {
  /** One attribute, or several whose values are crossed. */
  readonly by: readonly string[];
  /** Of its groups. @default by code points, and groups that are not listed come last */
  readonly order?: readonly string[];
}

export interface Group {
  /** Such as `female`, or `female x darker`. */
  readonly name: string;
  readonly rows: readonly number[];
}

export interface GroupedRows {
  /** Such as `gender`, or `gender x skintone`. */
  readonly attribute: string;
  readonly groups: readonly Group[];
  /** Rows that lack the value of an attribute. */
  readonly unlabelled: readonly number[];
}

/**
 * @param images of the rows that are to be divided
 * @throws EvaluationError LABELS_UNSUITABLE where nobody supplied the attribute
 */
export function groupRows(
  attributes: Attributes,
  images: ArrayLike<number>,
  { by, order = [] }: Grouping,
): GroupedRows {
  const columns = by.map((name) => valuesOf(attributes, name));
  const rowsOf = new Map<string, number[]>();
  const unlabelled: number[] = [];
  for (let row = 0; row < images.length; row++) {
    const values = columns.map((column) => column[images[row]!]);
    if (values.includes(undefined)) {
      unlabelled.push(row);
      continue;
    }
    const name = values.join(CROSS);
    const rows = rowsOf.get(name);
    if (rows) rows.push(row);
    else rowsOf.set(name, [row]);
  }
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const names = [...rowsOf.keys()].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  return { attribute: by.join(CROSS), groups: names.map((name) => ({ name, rows: rowsOf.get(name)! })), unlabelled };
}

function valuesOf({ values }: Attributes, name: string): readonly (string | undefined)[] {
  const column = values[name];
  if (column) return column;
  const there = Object.keys(values).join(', ') || 'none';
  const message = `Images have no attribute ${name}; those that were supplied are ${there}. It is never guessed: add it to the labels of the data.`;
  throw new EvaluationError('LABELS_UNSUITABLE', message);
}

/**
 * Every value is one that is known.
 * @param known by attribute
 * @throws EvaluationError LABELS_WRONG that names the first image with another value
 */
export function requireKnownValues(
  { values }: Attributes,
  known: Readonly<Record<string, readonly string[]>>,
  nameOf: (image: number) => string,
): void {
  for (const [attribute, allowed] of Object.entries(known)) {
    for (const [image, value] of values[attribute]?.entries() ?? []) {
      if (value === undefined || allowed.includes(value)) continue;
      const message = `${nameOf(image)} has ${attribute} "${value}", which is none of ${allowed.join(', ')}; correct the label, or leave it empty where it is not known.`;
      throw new EvaluationError('LABELS_WRONG', message);
    }
  }
}
