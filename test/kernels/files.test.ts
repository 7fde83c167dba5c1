/** Files that are read in parts, by several threads. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { Checksums, type FileStretch, readParts } from '../../kernels/files.ts';
import { uniform } from '../random.ts';

const SIZE = 20 * 2 ** 20 + 77;
/** Read past the system's cache. */
const LARGE = 64 * 2 ** 20 + 5;

describe('reading parts of a file', () => {
  let folder: string;
  let file: string;
  const bytes = new Uint8Array(SIZE);
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-files-'));
    file = path.join(folder, 'file');
    for (let i = 0; i < SIZE; i++) bytes[i] = (Math.imul(i, 2654435761) >>> 24) ^ (i >> 16);
    writeFileSync(file, bytes);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('gives every byte that is wanted and the checksum of every part, however it is cut', async () => {
    const random = uniform(7);
    for (const threads of [1, 2, 5]) {
      const parts: FileStretch[][] = [];
      for (let position = 0; position < SIZE; ) {
        const part: FileStretch[] = [];
        for (let stretch = 0; stretch < 3 && position < SIZE; stretch++) {
          const length = Math.min(SIZE - position, Math.floor(random() * (random() < 0.1 ? 12 * 2 ** 20 : 3e5)));
          part.push({ position, bytes: length, into: random() < 0.5 ? new Uint8Array(length) : undefined });
          position += length;
        }
        parts.push(part);
      }
      let read = 0;
      const sums = await readParts(file, parts, threads, (count) => {
        read += count;
      });
      assert.equal(read, SIZE);
      parts.forEach((part, i) => {
        const whole = bytes.subarray(part[0]!.position, part.at(-1)!.position + part.at(-1)!.bytes);
        assert.equal(sums[i], crc32(whole), `part ${i} with ${threads} threads`);
        for (const { position, bytes: length, into } of part) {
          if (into) assert.equal(Buffer.compare(into, bytes.subarray(position, position + length)), 0);
        }
      });
    }
  });

  it('reads a large file past the cache, at any position, up to its last byte', async () => {
    const large = path.join(folder, 'large');
    writeFileSync(large, bytes);
    truncateSync(large, LARGE);
    const tail = new TextEncoder().encode('the end');
    const handle = openSync(large, 'r+');
    writeSync(handle, tail, 0, tail.length, LARGE - tail.length);
    closeSync(handle);
    const whole = Buffer.concat([bytes, new Uint8Array(LARGE - SIZE - tail.length), tail]);
    const begin = 4097;
    const middle = new Uint8Array(3 * 2 ** 20);
    const end = new Uint8Array(LARGE - begin - middle.length);
    const parts = [
      [{ position: begin, bytes: middle.length, into: middle }],
      [{ position: begin + middle.length, bytes: end.length, into: end }],
    ];
    const sums = await readParts(large, parts, 4);
    assert.equal(Buffer.compare(middle, whole.subarray(begin, begin + middle.length)), 0);
    assert.equal(Buffer.compare(end, whole.subarray(begin + middle.length)), 0);
    assert.deepEqual(sums, [crc32(middle), crc32(end)]);
    const beyond = [[{ position: 0, bytes: LARGE + 1 }]];
    await assert.rejects(readParts(large, beyond, 4), new RegExp(`ends at byte ${LARGE}; the file is truncated`));
  });

  it('goes on where a read stops in the middle of a block, and writes no further than its memory reaches', () => {
    const program = path.join(folder, 'short-reads');
    const kernels = path.join(import.meta.dirname, '..', '..', 'kernels', 'files');
    const sources = [path.join(import.meta.dirname, 'short-reads', 'read.cc'), path.join(kernels, 'read-pieces.cc')];
    const flags = ['-std=c++17', '-fsanitize=address', '-g1', '-o', program, ...sources, '-lz', '-lpthread'];
    const built = spawnSync(process.env['CXX'] ?? 'c++', flags, { encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    const { stdout, stderr } = spawnSync(program, [file], { encoding: 'utf8' });
    assert.equal(stdout, `${crc32(bytes)}\n`, stderr.slice(0, 2000));
  });

  it('says what is wrong with a file, and passes on what a listener throws', async () => {
    const whole = [[{ position: 0, bytes: SIZE }]];
    await assert.rejects(
      readParts(path.join(folder, 'none'), whole, 2),
      /cannot be read \(No such file or directory\)/,
    );
    await assert.rejects(readParts(folder, whole, 2), /cannot be read \(Is a directory\)/);
    const short = path.join(folder, 'short');
    writeFileSync(short, bytes);
    truncateSync(short, 12_345_678);
    await assert.rejects(readParts(short, whole, 2), /ends at byte 12345678; the file is truncated/);
    const fail = () => {
      throw new Error('enough');
    };
    await assert.rejects(readParts(file, whole, 2, fail), /enough/);
    const small = [[{ position: 0, bytes: 10, into: new Uint8Array(9) }]];
    await assert.rejects(readParts(file, small, 2), RangeError);
    assert.deepEqual(await readParts(file, [[], []], 2), [0, 0]);
  });

  it('takes the checksums of bytes in their order, also when nobody waits', async () => {
    const checksums = new Checksums();
    const updates: Promise<void>[] = [];
    for (let position = 0; position < SIZE; position += 3_000_001) {
      updates.push(checksums.update(bytes.subarray(position, position + 3_000_001)));
    }
    await Promise.all(updates);
    assert.equal(checksums.crc32(), crc32(bytes));
    checksums.restartCrc32();
    await checksums.update(new Uint8Array());
    assert.equal(checksums.crc32(), 0);
    await checksums.update(bytes.subarray(5, 900));
    assert.equal(checksums.crc32(), crc32(bytes.subarray(5, 900)));
    const expected = createHash('sha256').update(bytes).update(bytes.subarray(5, 900)).digest('hex');
    assert.equal(checksums.sha256(), expected);
    await assert.rejects(checksums.update(bytes), /SHA-256/);
  });
});
