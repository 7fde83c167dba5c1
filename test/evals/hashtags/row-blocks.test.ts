/** Rows of files, read a block at a time: small files, and those that are large enough to be read past the page cache. */
import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type RowFile, rowBlocks } from '../../../evals/hashtags/row-blocks.ts';
import { DIRECT_BYTES } from '../../../kernels/files.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';

const WIDTH = 4096;
const LARGE = Math.ceil(DIRECT_BYTES / 4 / WIDTH) + 1500;

/** Rows whose numbers are all that of the row, after `begin` other bytes. */
function writeRows(file: string, begin: number, first: number, count: number): RowFile {
  const values = new Float32Array(count * WIDTH);
  for (let row = 0; row < count; row++) values.fill(first + row, row * WIDTH, (row + 1) * WIDTH);
  writeFileSync(file, Buffer.concat([Buffer.alloc(begin, 1), Buffer.from(values.buffer)]));
  return { path: file, begin, count };
}

async function readRows(files: readonly RowFile[], signal?: AbortSignal): Promise<[file: number, row: number][]> {
  const rows: [number, number][] = [];
  for await (const { file, first, count, values } of rowBlocks(files, WIDTH, signal)) {
    assert.equal(values.length, count * WIDTH);
    for (let row = 0; row < count; row++) {
      const own = values.subarray(row * WIDTH, (row + 1) * WIDTH);
      assert.ok(
        own.every((value) => value === own[0]),
        `row ${first + row}`,
      );
      assert.equal(own[0], 10_000 * file + first + row);
      rows.push([file, first + row]);
    }
  }
  return rows;
}

describe('rows of files', () => {
  it('come once each and in their order, wherever they begin', () =>
    inTemporaryFolder(async (folder) => {
      const at = (name: string) => path.join(folder, name);
      const files = [
        writeRows(at('odd'), 4099, 0, LARGE),
        writeRows(at('small'), 13, 10_000, 3),
        writeRows(at('none'), 8, 20_000, 0),
        writeRows(at('even'), 8, 30_000, LARGE),
      ];
      const expected = files.flatMap(({ count }, file) => Array.from({ length: count }, (_, row) => [file, row]));
      assert.deepEqual(await readRows(files), expected);
      assert.deepEqual(await readRows([]), []);
    }));

  it('are refused of files that end too early, or are not there, and end with their signal', () =>
    inTemporaryFolder(async (folder) => {
      const large = writeRows(path.join(folder, 'large'), 8, 0, LARGE);
      await assert.rejects(readRows([large], AbortSignal.abort(new Error('enough'))), { message: 'enough' });
      truncateSync(large.path, 8 + LARGE * WIDTH * 4 - 1);
      await assert.rejects(readRows([large]), { code: 'CHECKPOINT_DAMAGED', message: /was cut off/ });
      await assert.rejects(readRows([{ ...large, path: path.join(folder, 'gone') }]), { code: 'ENOENT' });
    }));
});
