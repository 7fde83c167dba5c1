/** Values of a MAT file that must be of some kind. */
import { readFile } from 'node:fs/promises';
import { broken, find } from '../download-files.ts';
import { type MatNumbers, type MatValue, parseMat } from './mat.ts';

export interface MatFile {
  readonly file: string;
  numbers(name: string): MatNumbers;
  rows(name: string): readonly MatRow[];
  texts(name: string): readonly string[];
}

export interface MatRow {
  number(field: string): number;
  text(field: string): string;
}

export async function openMat(folder: string, ...places: readonly string[]): Promise<MatFile> {
  const file = find(folder, ...places);
  const variables = parseMat(file, await readFile(file));
  const get = (name: string): MatValue => {
    const value = variables.get(name);
    if (!value) throw broken(file, `it has no variable ${name}`);
    return value;
  };
  return {
    file,
    numbers(name) {
      const value = get(name);
      if (value.kind !== 'numbers') throw broken(file, `${name} is no array of numbers`);
      return value;
    },
    rows(name) {
      const value = get(name);
      if (value.kind !== 'structures') throw broken(file, `${name} is no array of structures`);
      return value.rows.map((fields) => rowOf(file, fields));
    },
    texts(name) {
      const value = get(name);
      if (value.kind !== 'cells') throw broken(file, `${name} is no array of cells`);
      return value.cells.map((cell) => {
        if (cell.kind !== 'text') throw broken(file, `${name} has a cell that is no text`);
        return cell.text;
      });
    },
  };
}

function rowOf(file: string, fields: ReadonlyMap<string, MatValue>): MatRow {
  return {
    number(field) {
      const value = fields.get(field);
      if (value?.kind !== 'numbers' || value.values.length === 0) throw broken(file, `${field} is no number`);
      return value.values[0]!;
    },
    text(field) {
      const value = fields.get(field);
      if (value?.kind !== 'text') throw broken(file, `${field} is no text`);
      return value.text;
    },
  };
}
