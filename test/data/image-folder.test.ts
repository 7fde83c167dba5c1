import assert from 'node:assert/strict';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compareCodePoints, type ImageFolder, openImageFolder } from '../../data/image-folder.ts';
import { inTemporaryFolder, jpeg, picture } from './pictures.ts';

function namesOf(folder: ImageFolder): string[] {
  return Array.from({ length: folder.length }, (_, i) => folder.name(i));
}

async function writeAll(folder: string, names: string[], bytes: Uint8Array): Promise<void> {
  for (const name of names) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), bytes);
  }
}

describe('data: image folder', () => {
  it('lists images of all depths in the order of the code points of their paths', () =>
    inTemporaryFolder(async (folder) => {
      // '-' < '.' < '/' < '0', and an emoji comes after U+FFxx although its UTF-16 does not.
      const names = [
        'a-b.jpg',
        'a.jpg',
        'a/z.jpg',
        'a0.jpg',
        'Z.JPG',
        'ä.jpg',
        '\uff21.jpg',
        '\u{1f600}.jpg',
        'a/b/c.png',
      ];
      await writeAll(folder, names, await jpeg());
      const found = namesOf(await openImageFolder(folder));
      const byBytes = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(found, byBytes);
    }));

  it('reads, and knows labels by the first folder', () =>
    inTemporaryFolder(async (folder) => {
      const bytes = await jpeg();
      await writeAll(folder, ['cat/1.jpg', 'dog/deep/2.jpg', '3.jpg'], bytes);
      const images = await openImageFolder(folder);
      const labels = namesOf(images).map((name, i) => [name, images.label(i)]);
      assert.deepEqual(labels, [
        ['3.jpg', undefined],
        ['cat/1.jpg', 'cat'],
        ['dog/deep/2.jpg', 'dog'],
      ]);
      assert.deepEqual(await images.read(1), bytes);
      assert.equal(images.path(1), path.join(folder, 'cat/1.jpg'));
      assert.throws(() => images.name(3), RangeError);
    }));

  it('looks into files whose name says nothing, and records what it passes over', () =>
    inTemporaryFolder(async (folder) => {
      await writeFile(path.join(folder, 'no-ending'), await picture(20, 20).png().toBuffer());
      await writeFile(path.join(folder, 'photo.dat'), await jpeg());
      await writeFile(path.join(folder, 'notes.txt'), 'text');
      await writeFile(path.join(folder, 'empty'), '');
      await symlink('nowhere', path.join(folder, 'dangling.jpg'));
      const images = await openImageFolder(folder);
      assert.deepEqual(namesOf(images), ['no-ending', 'photo.dat']);
      const passedOver = images.passedOver.first.map(({ name, code }) => [name, code]).sort();
      assert.deepEqual(passedOver, [
        ['dangling.jpg', 'UNREADABLE'],
        ['empty', 'NOT_AN_IMAGE'],
        ['notes.txt', 'NOT_AN_IMAGE'],
      ]);
      assert.equal(images.passedOver.count, 3);
    }));

  it('follows links, but not in circles', () =>
    inTemporaryFolder(async (folder) => {
      await writeAll(folder, ['a/1.jpg', 'b/2.jpg'], await jpeg());
      await symlink('..', path.join(folder, 'a/up'));
      await symlink('.', path.join(folder, 'self'));
      await symlink('../b', path.join(folder, 'a/other'));
      await symlink('1.jpg', path.join(folder, 'a/link.jpg'));
      const images = await openImageFolder(folder);
      assert.deepEqual(namesOf(images), ['a/1.jpg', 'a/link.jpg', 'a/other/2.jpg', 'b/2.jpg']);
      const loops = images.passedOver.first.map(({ name, code }) => [name, code]);
      assert.deepEqual(loops, [
        ['a/up', 'SYMLINK_LOOP'],
        ['self', 'SYMLINK_LOOP'],
      ]);
    }));

  it('passes over a folder that may not be read', function () {
    if (process.getuid?.() === 0) this.skip();
    return inTemporaryFolder(async (folder) => {
      await writeAll(folder, ['open/1.jpg', 'shut/2.jpg'], await jpeg());
      await chmod(path.join(folder, 'shut'), 0);
      const images = await openImageFolder(folder);
      assert.deepEqual(namesOf(images), ['open/1.jpg']);
      assert.equal(images.passedOver.first[0]?.code, 'UNREADABLE');
      await chmod(path.join(folder, 'shut'), 0o700);
    });
  });

  it('has one clear error for a folder that is missing, a file, empty, or without images', () =>
    inTemporaryFolder(async (folder) => {
      const missing = path.join(folder, 'missing');
      await assert.rejects(openImageFolder(missing), (error: Error & { code: string }) => {
        assert.equal(error.code, 'NO_SUCH_FOLDER');
        assert(error.message.includes(missing));
        return true;
      });
      await assert.rejects(openImageFolder(folder), { code: 'NO_IMAGES', message: /it is empty/ });
      await writeFile(path.join(folder, 'notes.txt'), 'text');
      await assert.rejects(openImageFolder(folder), { code: 'NO_IMAGES', message: /notes\.txt/ });
      await assert.rejects(openImageFolder(path.join(folder, 'notes.txt')), { code: 'NO_SUCH_FOLDER' });
    }));

  it('compares like the bytes of UTF-8', () => {
    const texts = [
      '',
      'a',
      'ab',
      'b',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
      'a\u{10000}',
      'a\uffff',
    ];
    for (const a of texts) {
      for (const b of texts) {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        assert.equal(Math.sign(compareCodePoints(a, b)), expected, JSON.stringify([a, b]));
      }
    }
  });
});
