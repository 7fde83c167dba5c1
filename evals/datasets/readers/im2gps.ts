/**
 * Im2GPS and Im2GPS3k, and the images that one learns from to be tested on them: MP-16, a part of YFCC100M, and YFCC25600 to validate. All
 * four come with a table `NAME_places365.csv` by the authors of the partitions (Müller-Budack et al., 2018).
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Contents, Reader } from '../contents.ts';
import { splitOf } from '../coordinates-folder.ts';
import type { Split } from '../dataset.ts';
import { find } from '../download-files.ts';
import { DatasetError } from '../errors.ts';
import { readCoordinates } from '../formats/coordinates-table.ts';

const COLUMNS = { image: 'IMG_ID', latitude: 'LAT', longitude: 'LON', latitudeFirst: true };

/** The archive of the authors unpacks to a folder of this name. */
export const readIm2gps: Reader = (place) => contentsOf(place.download, 'im2gps', 'gps_query_imgs');

export const readIm2gps3k: Reader = (place) => contentsOf(place.download, 'im2gps3k', 'im2gps3ktest');

async function contentsOf(download: string, name: string, unpacked: string): Promise<Contents> {
  const root = find(download, `${name}/${unpacked}`, unpacked, name);
  const tables = find(download, `${name}_places365.csv`, `meta/${name}_places365.csv`);
  const splits = {
    ...learning('train', 'mp16', download),
    ...learning('val', 'yfcc25600', download),
    test: () => published(path.dirname(tables), name, root),
  };
  return { classes: [], splits };
}

/** All of a test set has to be there. */
async function published(folder: string, name: string, root: string): Promise<Split> {
  const table = await readCoordinates(folder, `${name}_places365.csv`, COLUMNS);
  const missing = table.names.length - present(table.names, root).length;
  if (missing === 0)
    return splitOf(
      root,
      table,
      Array.from({ length: table.names.length }, (_, row) => row),
    );
  const message = `${root} lacks ${missing} of the ${table.names.length} images of ${name}_places365.csv. Unpack the whole download.`;
  throw new DatasetError('DATASET_FILE_MISSING', message);
}

/** Where the download has such images. Photos that were taken back since are left out. */
function learning(split: 'train' | 'val', name: string, download: string): Contents['splits'] {
  const root = path.join(download, name);
  if (!existsSync(root)) return {};
  return {
    async [split]() {
      const tables = find(download, `${name}_places365.csv`, `meta/${name}_places365.csv`);
      const table = await readCoordinates(path.dirname(tables), path.basename(tables), COLUMNS);
      return splitOf(root, table, present(table.names, root));
    },
  };
}

/** The rows whose images are there. */
function present(names: { readonly length: number; at(index: number): string }, root: string): number[] {
  const rows: number[] = [];
  for (let row = 0; row < names.length; row++) if (existsSync(path.join(root, names.at(row)))) rows.push(row);
  return rows;
}
