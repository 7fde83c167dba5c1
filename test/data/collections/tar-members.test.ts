/** Members of tar archives: where their data lies, and what happens with archives that are damaged. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { TarDamage, type TarMember, tarMembers } from '../../../data/collections/tar-members.ts';
import { uniform } from '../../random.ts';
import { inTemporaryFolder, jpeg } from '../pictures.ts';
import { inPieces, type Member, tarOf } from './tar.ts';

const SEED = 23;

/** Members with names of many lengths and contents of many, beside the edges of blocks. */
function someMembers(random: () => number): Member[] {
  const sizes = [0, 1, 31, 32, 33, 511, 512, 513, 1023, 1024, 70_000];
  return sizes.map((size, i) => {
    const name = `${'deep-folder-name/'.repeat(1 + ((i * 7) % 20))}ä${i}.bin`;
    return [name, Uint8Array.from({ length: size }, () => Math.floor(random() * 256))];
  });
}

async function all(stream: AsyncIterable<Uint8Array>, read: (member: TarMember) => boolean = () => true) {
  const found: { name: string; offset: number; bytes: Uint8Array | undefined }[] = [];
  for await (const member of tarMembers(stream)) {
    found.push({
      name: member.name,
      offset: member.offset,
      bytes: read(member) ? await member.read() : undefined,
    });
  }
  return found;
}

describe('members of a tar archive', () => {
  it('lie where they are said to lie, however the stream is cut', async () => {
    const random = uniform(SEED);
    const members = someMembers(random);
    const archive = await tarOf(members);
    for (const most of [7, 512, 5000, archive.byteLength]) {
      // Some are read and some are passed over.
      const found = await all(inPieces(archive, random, most), () => random() < 0.7);
      assert.deepEqual(
        found.map(({ name }) => name),
        members.map(([name]) => name),
      );
      for (const [i, { offset, bytes }] of found.entries()) {
        const content = Buffer.from(members[i]![1]);
        const there = archive.subarray(offset, offset + content.byteLength);
        assert.ok(there.equals(content), `member ${i}, pieces up to ${most}, seed ${SEED}`);
        if (bytes) assert.ok(content.equals(bytes), `member ${i}, pieces up to ${most}, seed ${SEED}`);
      }
    }
  });

  it('lie there in archives of GNU tar too, in each of its formats', () =>
    inTemporaryFolder(async (folder) => {
      const random = uniform(SEED);
      const files = Array.from({ length: 6 }, (_, i) => `${i}-${'long'.repeat(i * 12)}.bin`);
      const contents = files.map((_, i) => Buffer.from(Array.from({ length: i * 700 }, () => random() * 256)));
      for (const [i, file] of files.entries()) writeFileSync(path.join(folder, file), contents[i]!);
      for (const format of ['gnu', 'pax', 'ustar']) {
        const archive = path.join(folder, `${format}.tar`);
        const listed = format === 'ustar' ? files.slice(0, 2) : files;
        execFileSync('tar', ['-C', folder, `--format=${format}`, '-cf', archive, ...listed]);
        const bytes = readFileSync(archive);
        const found = await all(inPieces(bytes, random, 3000), () => false);
        assert.deepEqual(
          found.map(({ name }) => name),
          listed,
          format,
        );
        for (const [i, { offset }] of found.entries()) {
          const content = contents[i]!;
          assert.ok(bytes.subarray(offset, offset + content.byteLength).equals(content), `${format} ${i}`);
        }
      }
    }));

  it('are kept only where they begin as an image does', async () => {
    const random = uniform(SEED);
    const photo = await jpeg();
    const archive = await tarOf([
      ['text', 'no image at all, and longer than what is looked at'],
      ['photo', photo],
      ['short', 'x'],
      ['empty', ''],
      ['photo again', photo],
    ]);
    for (const most of [5, 100, archive.byteLength]) {
      const found: (Uint8Array | undefined)[] = [];
      for await (const member of tarMembers(inPieces(archive, random, most))) found.push(await member.readIfImage());
      const sizes = found.map((bytes) => bytes?.byteLength);
      assert.deepEqual(sizes, [undefined, photo.byteLength, undefined, undefined, photo.byteLength]);
      assert.ok(photo.equals(found[1]!) && photo.equals(found[4]!), `pieces up to ${most}, seed ${SEED}`);
    }
  });

  it('come whole or not at all from an archive that is cut off anywhere', async () => {
    const random = uniform(SEED);
    const members = someMembers(random).slice(0, 8);
    const archive = await tarOf(members);
    const cuts = [1, 511, 512, 513, ...Array.from({ length: 60 }, () => 1 + Math.floor(random() * archive.byteLength))];
    for (const cut of cuts) {
      let whole = 0;
      let damaged = false;
      try {
        for await (const member of tarMembers(inPieces(archive.subarray(0, cut), random, 900))) {
          const bytes = await member.read();
          assert.ok(Buffer.from(members[whole]![1]).equals(bytes), `member ${whole}, cut ${cut}, seed ${SEED}`);
          whole++;
        }
      } catch (error) {
        assert.ok(error instanceof TarDamage, `${error}, cut ${cut}, seed ${SEED}`);
        damaged = true;
      }
      // Between two members it cannot be seen that more should come; nor in the zeros at the end.
      const isBetween = cut % 512 === 0;
      assert.ok(damaged || isBetween, `cut ${cut}, seed ${SEED}: not noticed`);
    }
  });

  it('do not come from what is no archive', async () => {
    const random = uniform(SEED);
    const noise = Uint8Array.from({ length: 5000 }, () => Math.floor(random() * 256));
    await assert.rejects(all(inPieces(noise, random, 1000)), TarDamage);
    await assert.rejects(all(inPieces(await jpeg(), random, 1000)), TarDamage);
    assert.deepEqual(await all(inPieces(new Uint8Array(), random, 10)), []);
  });

  it('end with the error of the stream where that fails', async () => {
    const archive = await tarOf([
      ['a', 'first'],
      ['b', new Uint8Array(5000)],
    ]);
    const failure = new Error('the line is dead');
    async function* failing() {
      yield archive.subarray(0, 2000);
      throw failure;
    }
    const seen: string[] = [];
    await assert.rejects(
      async () => {
        for await (const member of tarMembers(failing())) {
          seen.push(member.name);
          await member.read();
        }
      },
      (error) => error === failure,
    );
    assert.equal(seen[0], 'a');
  });

  it('need not be read to the end', async () => {
    const archive = await tarOf(someMembers(uniform(SEED)));
    let closed = false;
    async function* watched() {
      try {
        for (let at = 0; at < archive.byteLength; at += 1000) yield archive.subarray(at, at + 1000);
      } finally {
        closed = true;
      }
    }
    for await (const member of tarMembers(watched())) {
      if (member.name.endsWith('3.bin')) break;
    }
    assert.ok(closed);
  });
});
