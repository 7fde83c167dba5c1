/** Tables of images and where they were taken, read line by line: such a table may have millions of lines. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { CompactStrings } from '../../../data/compact-strings.ts';
import { broken, find, otherVersion } from '../download-files.ts';
import { DatasetError } from '../errors.ts';
import { fieldsOf } from './table.ts';

export interface CoordinateColumns {
  readonly image: string;
  readonly latitude: string;
  readonly longitude: string;
  /** Others that are wanted, where the table has them. */
  readonly further?: readonly string[];
  /** Early editions of a published table name the two the wrong way round; latitude comes first in all of them. */
  readonly latitudeFirst?: boolean;
}

export interface CoordinatesTable {
  /** Names of images. */
  readonly names: CompactStrings;
  /** (images, 2): latitude and longitude in degrees. */
  readonly degrees: Float64Array;
  /** Of each further column that the table has, a value for each image. */
  readonly further: ReadonlyMap<string, readonly string[]>;
}

/**
 * @throws DatasetError DATASET_OTHER_VERSION without such a column, DATASET_FILE_BROKEN for a short line, DATASET_COORDINATES where a place
 *   is missing, is none, or an image occurs twice; each names the line
 */
export async function readCoordinates(
  folder: string,
  name: string,
  columns: CoordinateColumns,
): Promise<CoordinatesTable> {
  const file = find(folder, name);
  const names = new CompactStrings();
  const degrees = new DegreeList();
  const further = new Map<string, string[]>();
  const seen = new Set<string>();
  let places: Places | undefined;
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (places === undefined) {
      places = placesOf(file, fieldsOf(line.replace(/^\uFEFF/, ''), ','), columns);
      for (const column of places.further.keys()) further.set(column, []);
      continue;
    }
    if (line.trim() === '') continue;
    const fields = fieldsOf(line, ',');
    if (fields.length < places.count)
      throw broken(file, `line ${number} has ${fields.length} fields of ${places.count}`);
    const image = fields[places.image]!.trim();
    const where = `${path.relative(folder, file)}, line ${number}`;
    if (image === '') throw wrong(folder, `${where} names no image`);
    if (seen.has(image)) throw wrong(folder, `${where}: ${image} occurs a second time`);
    seen.add(image);
    names.push(image);
    degrees.push(
      angle(folder, `${where}: the latitude of ${image}`, fields[places.latitude]!, 90),
      angle(folder, `${where}: the longitude of ${image}`, fields[places.longitude]!, 180),
    );
    for (const [column, place] of places.further) further.get(column)!.push(fields[place]!.trim());
  }
  if (names.length === 0) throw broken(file, 'it has no line with an image');
  return { names, degrees: degrees.values, further };
}

interface Places {
  readonly count: number;
  readonly image: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly further: ReadonlyMap<string, number>;
}

function placesOf(file: string, head: readonly string[], columns: CoordinateColumns): Places {
  const names = head.map((name) => name.trim());
  const place = (column: string) => {
    const found = names.indexOf(column);
    if (found < 0) throw otherVersion(file, `there is no column ${column} among ${names.join(', ')}`);
    return found;
  };
  const angles = [place(columns.latitude), place(columns.longitude)];
  if (columns.latitudeFirst) angles.sort((one, other) => one - other);
  const further = (columns.further ?? []).filter((column) => names.includes(column));
  return {
    count: names.length,
    image: place(columns.image),
    latitude: angles[0]!,
    longitude: angles[1]!,
    further: new Map(further.map((column) => [column, names.indexOf(column)])),
  };
}

function angle(folder: string, what: string, text: string, most: number): number {
  const value = Number(text);
  if (text.trim() === '') throw wrong(folder, `${what} is missing`);
  if (!Number.isFinite(value)) throw wrong(folder, `${what} is "${text}", which is no number of degrees`);
  if (Math.abs(value) > most) throw wrong(folder, `${what} is ${value}, and lies between -${most} and ${most} degrees`);
  return value;
}

function wrong(folder: string, what: string): DatasetError {
  return new DatasetError('DATASET_COORDINATES', `In ${folder}: ${what}. Correct the line, or leave it out.`);
}

/** Grows as it is filled. */
class DegreeList {
  #values = new Float64Array(1 << 10);
  #length = 0;

  get values(): Float64Array {
    return this.#values.slice(0, this.#length);
  }

  push(latitude: number, longitude: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#values.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = latitude;
    this.#values[this.#length++] = longitude;
  }
}
