/** The log of what somebody asked for. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AuditLog } from '../../services/api/access/audit-log.ts';

const caller = { name: 'pipeline', role: 'submit', peer: '10.0.0.7:51514' };

describe('the audit log', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-audit-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const linesOf = (file: string) =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('has whole lines only, also after a disk that was full', async function () {
    const disk = path.join(folder, 'disk');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0) return this.skip();
    try {
      const file = path.join(disk, 'audit.jsonl');
      const log = new AuditLog(file);
      const write = (subject: string) => log.write({ caller, action: 'SubmitJob', subject });
      await write('first');
      writeFileSync(path.join(disk, 'filler'), new Uint8Array(48 * 1024));
      // Some of it has room, and not all.
      await assert.rejects(write('x'.repeat(100_000)), { code: 'API_AUDIT_FAILED' });
      rmSync(path.join(disk, 'filler'));
      await write('second');
      assert.deepEqual(
        linesOf(file).map(({ subject }) => subject),
        ['first', 'second'],
      );
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});
