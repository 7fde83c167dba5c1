/**
 * The photos of the quickstart: 256 real photographs, openly licensed each by its maker, out of the Debian package
 * gcompris-qt-data. photo-catalogue.json names every one with its hash, so what is trained on is the same with every
 * version of the package that still holds it, and what was never looked at never gets in.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { messageOf } from '../../errors.ts';
import { fetchAptPackage } from './apt-package.ts';
import { type Attribution, attributionText } from './attribution.ts';
import { QuickstartError } from './errors.ts';
import catalogueFile from './photo-catalogue.json' with { type: 'json' };
import { type ResourceFile, readQtResources } from './qt-resources.ts';

/** A photo in a {@link PhotoSet}. */
export interface Photo extends Attribution {
  /** File name within the set's folder of images. */
  readonly file: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the file. */
  readonly sha256: string;
}

/** What is written as manifest.json. */
export interface PhotoSet {
  readonly format: 1;
  readonly package: string;
  readonly version: string;
  /** Photos of the catalogue that this version of the package does not hold, by name. */
  readonly missing: readonly string[];
  readonly photos: readonly Photo[];
}

export interface FetchedPhotos extends PhotoSet {
  /** Holds the image files and nothing else. */
  readonly folder: string;
  readonly attributionFile: string;
  /** What a user should know: another version of the package, photos missing. */
  readonly notes: readonly string[];
}

export interface CataloguePhoto extends Attribution {
  /** In the package's archives, below gcompris/src/activities/. */
  readonly path: string;
  /** Of the file in the package. */
  readonly sha256: string;
}

export interface PhotoCatalogue {
  readonly package: string;
  /** Versions that are known to hold every photo. */
  readonly versions: readonly string[];
  readonly photos: readonly CataloguePhoto[];
}

export interface FetchPhotosOptions {
  /** Gets the folder `photos`; made if it is not there. */
  readonly cacheFolder: string;
  /** Called with a line per thing done, only when something must be done. */
  readonly onProgress?: (line: string) => void;
  /** @default the 256 photos of photo-catalogue.json */
  readonly catalogue?: PhotoCatalogue;
  /** Fewer photos than this are an error. @default 200 */
  readonly minPhotos?: number;
}

const ARCHIVE_PREFIX = 'gcompris/src/activities/';
/** Pixels of the shorter side of what is written: more than the recipe's largest crop needs, and quick to decode. */
const SHORT_SIDE = 192;
const JPEG_QUALITY = 92;

/**
 * Fetches the photos, or finds them fetched: the manifest is only ever there with everything it names.
 *
 * @throws QuickstartError PHOTOS_NOT_FETCHED, TOO_FEW_PHOTOS, BAD_ARCHIVE
 */
export async function fetchPhotos(options: FetchPhotosOptions): Promise<FetchedPhotos> {
  const catalogue = options.catalogue ?? catalogueFile;
  const report = options.onProgress ?? (() => {});
  const target = path.join(options.cacheFolder, 'photos');
  if (existsSync(path.join(target, 'manifest.json'))) return readSet(target, catalogue);

  const partial = path.join(options.cacheFolder, `photos.partial-${process.pid}`);
  const work = path.join(partial, 'package');
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    const unpacked = await fetchAptPackage(catalogue.package, work, report);
    report('reading the photos out of the package');
    const found = await findPhotos(catalogue, path.join(unpacked.folder, 'usr/share/gcompris-qt/rcc'));
    requireEnough(found.size, options.minPhotos ?? 200, catalogue, unpacked.version);
    await writeSet(partial, catalogue, unpacked.version, found);
    const copyright = path.join(unpacked.folder, 'usr/share/doc', catalogue.package, 'copyright');
    if (existsSync(copyright)) await copyFile(copyright, path.join(partial, 'PACKAGE-COPYRIGHT.txt'));
    await rm(work, { recursive: true, force: true });
    await publish(partial, target);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return readSet(target, catalogue);
}

/** The catalogue's photos in the package's archives, by name. A file with another hash is another photo. */
async function findPhotos(catalogue: PhotoCatalogue, folder: string): Promise<Map<string, Buffer>> {
  const wanted = new Map(catalogue.photos.map((photo) => [ARCHIVE_PREFIX + photo.path, photo]));
  const found = new Map<string, Buffer>();
  const archives = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith('.rcc')).sort() : [];
  for (const archive of archives) {
    const files: ResourceFile[] = readQtResources(await readFile(path.join(folder, archive)), archive);
    for (const file of files) {
      const photo = wanted.get(file.path);
      if (!photo) continue;
      const bytes = file.read();
      if (sha256(bytes) === photo.sha256) found.set(photo.name, bytes);
    }
  }
  return found;
}

function requireEnough(count: number, minPhotos: number, catalogue: PhotoCatalogue, version: string): void {
  if (count >= minPhotos) return;
  throw new QuickstartError(
    'TOO_FEW_PHOTOS',
    `Version ${version} of the package ${catalogue.package} holds ${count} of the ${catalogue.photos.length} known ` +
      `photos, and at least ${minPhotos} are needed (versions known to hold all: ${catalogue.versions.join(', ')}). ` +
      'Name a folder of photos instead: auspex quickstart --data DIR',
  );
}

/** Writes images/, ATTRIBUTION.txt and manifest.json. */
async function writeSet(
  folder: string,
  catalogue: PhotoCatalogue,
  version: string,
  found: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const photos: Photo[] = [];
  await mkdir(path.join(folder, 'images'));
  for (const { name, maker, licence, source, changes } of catalogue.photos) {
    const original = found.get(name);
    if (!original) continue;
    const file = `${name}.jpg`;
    const { data, info } = await sharp(original)
      .resize(SHORT_SIDE, SHORT_SIDE, { fit: 'outside', withoutEnlargement: true })
      .jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
      .toBuffer({ resolveWithObject: true });
    await writeDurably(path.join(folder, 'images', file), data);
    photos.push({
      name,
      file,
      width: info.width,
      height: info.height,
      sha256: sha256(data),
      maker,
      licence,
      source,
      changes,
    });
  }
  const missing = catalogue.photos.filter(({ name }) => !found.has(name)).map(({ name }) => name);
  const set: PhotoSet = { format: 1, package: catalogue.package, version, missing, photos };
  const heading =
    `These photos come from the Debian package ${catalogue.package} ${version}. Each was scaled down ` +
    `to ${SHORT_SIDE} pixels on its shorter side and saved as JPEG; nothing else was changed. Each stays under its own licence.`;
  await writeDurably(path.join(folder, 'ATTRIBUTION.txt'), attributionText(heading, photos));
  await writeDurably(path.join(folder, 'manifest.json'), `${JSON.stringify(set, null, 2)}\n`);
}

/** Moves the finished folder to its place; if another process was first, its folder stays. */
async function publish(partial: string, target: string): Promise<void> {
  try {
    if (!existsSync(path.join(target, 'manifest.json'))) await rm(target, { recursive: true, force: true });
    await rename(partial, target);
  } catch (error) {
    if (existsSync(path.join(target, 'manifest.json'))) return;
    throw new QuickstartError(
      'PHOTOS_NOT_FETCHED',
      `The photos could not be put into ${target}: ${messageOf(error)}. Make the folder writable.`,
      { cause: error },
    );
  }
}

async function readSet(target: string, catalogue: PhotoCatalogue): Promise<FetchedPhotos> {
  const set = JSON.parse(await readFile(path.join(target, 'manifest.json'), 'utf8')) as PhotoSet;
  const notes: string[] = [];
  if (!catalogue.versions.includes(set.version)) {
    notes.push(
      `Version ${set.version} of ${set.package} is new to us (known: ${catalogue.versions.join(', ')}); ` +
        `${set.photos.length} of ${catalogue.photos.length} photos were found in it.`,
    );
  }
  if (set.missing.length > 0) notes.push(`Photos not in the package: ${set.missing.join(', ')}.`);
  return {
    ...set,
    folder: path.join(target, 'images'),
    attributionFile: path.join(target, 'ATTRIBUTION.txt'),
    notes,
  };
}

async function writeDurably(file: string, data: string | Buffer): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
