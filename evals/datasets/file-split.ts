/** Splits whose images are files of their own. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CompactStrings } from '../../data/compact-strings.ts';
import type { ImageSource } from '../../data/source.ts';
import type { Labels, Split } from './dataset.ts';
import { DatasetError } from './errors.ts';

/** Gathers images and their classes; names are paths relative to a root, with slashes. */
export class FileList {
  readonly #names = new CompactStrings();
  readonly #classes: number[] = [];

  add(name: string, label: number): void {
    this.#names.push(name);
    this.#classes.push(label);
  }

  split(root: string, groups?: readonly string[]): Split {
    const labels: Labels = { kind: 'classes', classes: Int32Array.from(this.#classes) };
    return { images: filesAt(root, this.#names), labels, ...(groups && { groups }) };
  }
}

/** Names come from lists that somebody else has made: none may lead out of the root. @throws DatasetError DATASET_FILE_BROKEN by `path` and `read` */
export function filesAt(root: string, names: { readonly length: number; at(index: number): string }): ImageSource {
  const pathOf = (index: number) => {
    const name = names.at(index);
    if (!/^\.\.(\/|$)/.test(path.posix.normalize(name))) return path.join(root, name);
    throw new DatasetError(
      'DATASET_FILE_BROKEN',
      `${root}: the name ${name} leads out of it; correct the list of images.`,
    );
  };
  return {
    length: names.length,
    name: (index) => names.at(index),
    path: pathOf,
    read: async (index) => readFile(pathOf(index)),
  };
}

/** Files of a list of names. */
export function namedFiles(root: string, list: readonly string[]): ImageSource {
  const names = new CompactStrings();
  for (const name of list) names.push(name);
  return filesAt(root, names);
}

/** Classes by their names. @throws RangeError by `onUnknown` */
export function indexOf(classes: readonly string[], onUnknown: (name: string) => Error): (name: string) => number {
  const indices = new Map(classes.map((name, index) => [name, index]));
  return (name) => {
    const index = indices.get(name);
    if (index === undefined) throw onUnknown(name);
    return index;
  };
}
