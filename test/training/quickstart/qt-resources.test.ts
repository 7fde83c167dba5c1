import assert from 'node:assert/strict';
import { readQtResources } from '../../../training/quickstart/qt-resources.ts';
import { qtArchive } from './qt-archive.ts';

const files = {
  'pictures/sea/één.webp': Buffer.from('first'),
  'pictures/land.webp': Buffer.alloc(5000, 7),
  'pictures/sea/empty': Buffer.alloc(0),
  'top.txt': Buffer.from('at the top'),
};

describe('Qt resource archives', () => {
  for (const version of [1, 2, 3] as const) {
    for (const zlib of [false, true]) {
      it(`gives back what was stored (version ${version}, ${zlib ? 'zlib' : 'not packed'})`, () => {
        const read = readQtResources(qtArchive(files, { version, zlib }), 'test.rcc');
        const contents = Object.fromEntries(read.map((file) => [file.path, file.read()]));
        assert.deepEqual(contents, files);
      });
    }
  }

  const bad = { code: 'BAD_ARCHIVE', message: /broken\.rcc/ };

  it('names the archive when it is none, of an unknown version, or empty', () => {
    assert.throws(() => readQtResources(Buffer.from('no archive at all'), 'broken.rcc'), bad);
    assert.throws(() => readQtResources(Buffer.alloc(0), 'broken.rcc'), bad);
    const future = qtArchive(files);
    future.writeUInt32BE(9, 4);
    assert.throws(() => readQtResources(future, 'broken.rcc'), { code: 'BAD_ARCHIVE', message: /version 9/ });
  });

  it('never gives a file cut short: every truncation is an error', () => {
    const whole = qtArchive(files, { zlib: true });
    // The last 8 bytes are a modification time, which nothing needs.
    for (let length = 0; length < whole.length - 8; length += 7) {
      assert.throws(() => {
        for (const file of readQtResources(whole.subarray(0, length), 'broken.rcc')) file.read();
      }, bad);
    }
  });

  it('ends when a folder contains itself', () => {
    const archive = qtArchive({ 'folder/file': Buffer.from('x') });
    const folderRecord = archive.readUInt32BE(8) + 22; // node 1
    archive.writeUInt32BE(1, folderRecord + 10);
    assert.throws(() => readQtResources(archive, 'broken.rcc'), bad);
  });
});
