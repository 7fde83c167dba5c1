/** The file of what a feed did not publish. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RejectionLog } from '../../services/feed/rejections.ts';

describe('rejections of a feed', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-rejections-'));
  after(() => rmSync(folder, { recursive: true }));

  it('have a line each, in order, though many are written while many others are', async () => {
    const log = await RejectionLog.open(folder);
    const names = Array.from({ length: 1800 }, (_, i) => `${i} ${'long/'.repeat(500)}`);
    const add = async (some: readonly string[]) => {
      for (const name of some) await log.add({ kind: 'rejected', name, code: 'NOT_AN_IMAGE', message: 'no image' });
    };
    await add(names.slice(0, 900));
    const first = log.flush();
    await add(names.slice(900));
    await Promise.all([first, log.flush()]);
    await log.close();
    const lines = readFileSync(log.summary().file, 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).name),
      names,
    );
  });
});
