import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { attributionText, licenceSummary, licenceUrl } from '../../../training/quickstart/attribution.ts';
import catalogueFile from '../../../training/quickstart/photo-catalogue.json' with { type: 'json' };
import { fetchPhotos, type PhotoCatalogue } from '../../../training/quickstart/photos.ts';
import { keepEnvironment } from '../../keep-environment.ts';
import { qtArchive } from './qt-archive.ts';

const PACKAGE = 'auspex-test-photos';

/** A repository of one package, served to apt-get from a folder; everything else on the machine stays as it is. */
async function publishPackage(folder: string, version: string, pictures: Record<string, Buffer>): Promise<void> {
  const tree = path.join(folder, 'tree');
  await mkdir(path.join(tree, 'DEBIAN'), { recursive: true });
  await mkdir(path.join(tree, 'usr/share/gcompris-qt/rcc'), { recursive: true });
  await mkdir(path.join(tree, 'usr/share/doc', PACKAGE), { recursive: true });
  const control = [
    `Package: ${PACKAGE}`,
    `Version: ${version}`,
    'Architecture: all',
    'Maintainer: Nobody <nobody@example.org>',
    'Description: photos for a test',
  ].join('\n');
  await writeFile(path.join(tree, 'DEBIAN/control'), `${control}\n`);
  await writeFile(path.join(tree, 'usr/share/doc', PACKAGE, 'copyright'), 'the terms of the package');
  const stored = Object.entries(pictures).map(([name, bytes]) => [`gcompris/src/activities/${name}`, bytes] as const);
  const archive = qtArchive(Object.fromEntries(stored));
  await writeFile(path.join(tree, 'usr/share/gcompris-qt/rcc/animals.rcc'), archive);
  const repository = path.join(folder, 'repository');
  await mkdir(repository, { recursive: true });
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, path.join(repository, 'photos.deb')]);
  const deb = await readFile(path.join(repository, 'photos.deb'));
  const hash = createHash('sha256').update(deb).digest('hex');
  const entry = `${control}\nFilename: ./photos.deb\nSize: ${deb.length}\nSHA256: ${hash}\n`;
  await writeFile(path.join(repository, 'Packages'), entry);
  await writeFile(path.join(folder, 'sources.list'), `deb [trusted=yes] file:${repository} ./\n`);
  await writeFile(
    path.join(folder, 'apt.conf'),
    `Dir::Etc::SourceList "${path.join(folder, 'sources.list')}";\nDir::Etc::SourceParts "-";\n`,
  );
}

function hasApt(): boolean {
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
    execFileSync('dpkg-deb', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('photos for the quickstart', () => {
  let folder: string;
  let pictures: Record<string, Buffer>;
  let catalogue: PhotoCatalogue;
  const restoreEnvironment = keepEnvironment();

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-photos-'));
    pictures = {};
    const photos = [];
    for (const [name, width, height] of [
      ['cat', 400, 300],
      ['dog', 200, 500],
    ] as const) {
      const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
      const image = sharp({ create: { width, height, channels: 3, background: '#000', noise } });
      const bytes = await image.webp().toBuffer();
      pictures[`animals/${name}.webp`] = bytes;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const source = `https://example.org/${name}`;
      photos.push({ name, path: `animals/${name}.webp`, sha256, maker: `${name} friend`, licence: 'CC0-1.0', source });
    }
    catalogue = { package: PACKAGE, versions: ['1.0-1'], photos };
    process.env['APT_CONFIG'] = path.join(folder, 'apt.conf');
  });

  afterEach(async () => {
    restoreEnvironment();
    await rm(folder, { recursive: true, force: true });
  });

  const fetchHere = (minPhotos = 2, onProgress?: (line: string) => void) =>
    fetchPhotos({ cacheFolder: path.join(folder, 'cache'), catalogue, minPhotos, ...(onProgress && { onProgress }) });

  it('takes them out of the package, scaled, with makers and licences beside them', async function () {
    if (!hasApt()) this.skip();
    await publishPackage(folder, '1.0-1', pictures);
    const set = await fetchHere();
    assert.deepEqual([set.version, set.notes, set.missing], ['1.0-1', [], []]);
    assert.deepEqual(
      set.photos.map(({ file, width, height }) => [file, width, height]),
      [
        ['cat.jpg', 256, 192],
        ['dog.jpg', 192, 480],
      ],
    );
    assert.deepEqual((await readdir(set.folder)).sort(), ['cat.jpg', 'dog.jpg']);
    for (const photo of set.photos) {
      const bytes = await readFile(path.join(set.folder, photo.file));
      assert.equal(createHash('sha256').update(bytes).digest('hex'), photo.sha256);
      assert.deepEqual((await sharp(bytes).metadata()).format, 'jpeg');
    }
    const attribution = await readFile(set.attributionFile, 'utf8');
    for (const expected of ['cat friend', 'dog friend', 'CC0-1.0', 'https://example.org/dog', '1.0-1']) {
      assert.ok(attribution.includes(expected), expected);
    }
    const terms = await readFile(path.join(path.dirname(set.folder), 'PACKAGE-COPYRIGHT.txt'), 'utf8');
    assert.equal(terms, 'the terms of the package');
    assert.deepEqual(await readdir(path.join(folder, 'cache')), ['photos'], 'nothing else is left behind');
  });

  it('fetches only once', async function () {
    if (!hasApt()) this.skip();
    await publishPackage(folder, '1.0-1', pictures);
    const first = await fetchHere();
    process.env['PATH'] = folder; // no apt-get any more
    const lines: string[] = [];
    assert.deepEqual(await fetchHere(2, (line) => lines.push(line)), first);
    assert.deepEqual(lines, []);
  });

  it('accepts another version of the package, says so, and leaves out what changed in it', async function () {
    if (!hasApt()) this.skip();
    pictures['animals/dog.webp'] = await sharp(pictures['animals/dog.webp']).flip().webp().toBuffer();
    await publishPackage(folder, '2.0-1', pictures);
    const set = await fetchHere(1);
    assert.deepEqual(
      set.photos.map((photo) => photo.name),
      ['cat'],
    );
    assert.match(set.notes.join('\n'), /2\.0-1.*1 of 2 photos.*\n.*dog/);
  });

  it('refuses a package with too few of the photos, and leaves nothing that could pass for a set', async function () {
    if (!hasApt()) this.skip();
    delete pictures['animals/dog.webp'];
    await publishPackage(folder, '3.0-1', pictures);
    await assert.rejects(fetchHere(), { code: 'TOO_FEW_PHOTOS', message: /3\.0-1.*1 of the 2.*--data DIR/ });
    assert.deepEqual(await readdir(path.join(folder, 'cache')), []);
  });

  it('is not misled by a folder without a manifest, as an interrupted copy leaves it', async function () {
    if (!hasApt()) this.skip();
    await publishPackage(folder, '1.0-1', pictures);
    const half = path.join(folder, 'cache/photos/images');
    await mkdir(half, { recursive: true });
    await writeFile(path.join(half, 'half.jpg'), 'not a photo');
    const set = await fetchHere();
    assert.deepEqual((await readdir(set.folder)).sort(), ['cat.jpg', 'dog.jpg']);
  });

  it('names the way out when there is no apt-get', async () => {
    process.env['PATH'] = folder;
    await assert.rejects(fetchHere(), { code: 'PHOTOS_NOT_FETCHED', message: /apt-get.*--data DIR/s });
    assert.ok(!existsSync(path.join(folder, 'cache/photos')));
  });

  it('names the way out when the package cannot be found', async function () {
    if (!hasApt()) this.skip();
    await publishPackage(folder, '1.0-1', pictures);
    catalogue = { ...catalogue, package: 'auspex-no-such-package' };
    await assert.rejects(fetchHere(), {
      code: 'PHOTOS_NOT_FETCHED',
      message: /auspex-no-such-package.*--data DIR/s,
    });
  });
});

describe('the catalogue of photos', () => {
  it('names at least 200 photos once each, all under open licences, with maker and source', () => {
    const { photos } = catalogueFile;
    assert.ok(photos.length >= 200);
    assert.equal(new Set(photos.map((photo) => photo.sha256)).size, photos.length);
    assert.equal(new Set(photos.map((photo) => photo.name)).size, photos.length);
    for (const photo of photos) {
      assert.match(photo.name, /^[a-z0-9-]+$/);
      assert.match(photo.sha256, /^[0-9a-f]{64}$/);
      assert.ok(photo.licence === 'Public Domain' || licenceUrl(photo.licence), `${photo.name}: ${photo.licence}`);
      assert.ok(photo.maker !== '' && photo.source.startsWith('https://'), photo.name);
    }
  });
});

describe('attribution', () => {
  const photo = { name: 'crab', maker: 'A. Maker', licence: 'CC-BY-SA-4.0', source: 'https://example.org/crab' };

  it('links to the text of the licence', () => {
    assert.equal(licenceUrl('CC-BY-SA-4.0'), 'https://creativecommons.org/licenses/by-sa/4.0/');
    assert.equal(licenceUrl('CC-BY-2.0'), 'https://creativecommons.org/licenses/by/2.0/');
    assert.equal(licenceUrl('CC0-1.0'), 'https://creativecommons.org/publicdomain/zero/1.0/');
    assert.equal(licenceUrl('Public Domain'), undefined);
  });

  it('says what was changed where something was', () => {
    const text = attributionText('Heading.', [photo, { ...photo, name: 'bee', changes: 'cropping' }]);
    assert.equal(text.match(/changes before the package: cropping/g)?.length, 1);
    assert.ok(text.startsWith('Heading.\n\ncrab\n  by A. Maker\n'));
  });

  it('counts photos by licence', () => {
    assert.equal(licenceSummary([photo, { ...photo, licence: 'CC0-1.0' }, photo]), '2 CC-BY-SA-4.0, 1 CC0-1.0');
  });
});
