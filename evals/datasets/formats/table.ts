/** Tables as text: a line of names, then lines of fields. */

import path from 'node:path';
import { broken, otherVersion, readText } from '../download-files.ts';

/**
 * Fields of the asked columns, row by row.
 * @throws DatasetError DATASET_OTHER_VERSION without such a column, DATASET_FILE_BROKEN for a short row
 */
export async function readTable<Column extends string>(
  folder: string,
  name: string,
  separator: string,
  columns: readonly Column[],
): Promise<Record<Column, string>[]> {
  const file = path.join(folder, name);
  const [head, ...lines] = (await readText(folder, name)).split(/\r?\n/);
  const names = fieldsOf(head ?? '', separator);
  const places = columns.map((column) => {
    const place = names.indexOf(column);
    if (place < 0) throw otherVersion(file, `there is no column ${column} among ${names.join(', ')}`);
    return place;
  });
  const rows: Record<Column, string>[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const fields = fieldsOf(line, separator);
    if (fields.length < names.length)
      throw broken(file, `line ${index + 2} has ${fields.length} fields of ${names.length}`);
    rows.push(Object.fromEntries(columns.map((column, i) => [column, fields[places[i]!]])) as Record<Column, string>);
  }
  return rows;
}

/** A field in quotation marks may hold separators, and two marks for one. */
export function fieldsOf(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator);
  const fields: string[] = [];
  const pattern = new RegExp(`(?:"((?:[^"]|"")*)"|([^${separator}]*))(${separator}|$)`, 'y');
  for (;;) {
    const found = pattern.exec(line);
    if (!found) return fields;
    fields.push(found[1] === undefined ? found[2]! : found[1].replaceAll('""', '"'));
    if (found[3] === '') return fields;
  }
}

/** A whole number of a text file. */
export function wholeNumber(file: string, text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || text.trim() === '' || !Number.isSafeInteger(value))
    throw broken(file, `"${text}" is no whole number`);
  return value;
}
