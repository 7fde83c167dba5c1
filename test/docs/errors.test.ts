/** docs/errors.md against the sources: it lists every code, and none that is gone. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..');
const FOLDERS = [
  'actors',
  'bench',
  'checkpoints',
  'data',
  'evals',
  'kernels',
  'model',
  'program',
  'services',
  'training',
];

/** Where a source text names codes: unions of codes, what errors are made or reported with, and reasons of images. */
const PLACES = [
  /type \w*Code =([^;]+);/g,
  /\breadonly code: ('[A-Z_]+'(?: \| '[A-Z_]+')*)/g,
  /Error(?:<|\(\s*)('[A-Z_]+')/g,
  /\bprintError\(([^,]+),/g,
];

function codesIn(source: string): string[] {
  const text = source.replace(/\/\*[\s\S]*?\*\//g, '');
  return PLACES.flatMap((place) => [...text.matchAll(place)]).flatMap(([, codes]) =>
    [...codes!.matchAll(/'([A-Z_]{2,})'/g)].map(([, code]) => code!),
  );
}

/** The TypeScript files of a folder. bench/.python and its like are not ours. */
function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return sourcesIn(file);
      return file.endsWith('.ts') ? [readFileSync(file, 'utf8')] : [];
    });
}

describe('docs/errors.md', () => {
  const sources = FOLDERS.flatMap((folder) => sourcesIn(path.join(root, folder)));
  const known = new Set(sources.flatMap(codesIn));
  const page = readFileSync(path.join(root, 'docs', 'errors.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code!);

  it('finds codes of every kind in a source', () => {
    const source = `
      export type SomeCode =
        /** A comment; it mentions 'NO_CODE'. */
        | 'FIRST_CODE'
        | 'SECOND_CODE';
      class A extends AuspexError<'THIRD_CODE'> {}
      throw new AuspexError(
        'FOURTH_CODE',
        'text');
      readonly code: 'FIFTH_CODE' | 'SIXTH_CODE';`;
    const expected = ['FIRST_CODE', 'SECOND_CODE', 'FIFTH_CODE', 'SIXTH_CODE', 'THIRD_CODE', 'FOURTH_CODE'];
    assert.deepEqual(codesIn(source), expected);
  });

  it('lists every code of the sources', () => {
    assert.deepEqual(
      [...known].filter((code) => !listed.includes(code)),
      [],
    );
  });

  it('lists none that the sources do not have, and each once', () => {
    assert.deepEqual(
      listed.filter((code, index) => !known.has(code) || listed.indexOf(code) !== index),
      [],
    );
  });
});
