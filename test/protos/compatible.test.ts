/** The protocol against what was released: clients, stored messages and servers of different versions have to understand each other. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const protos = path.join(import.meta.dirname, '..', '..', 'protos');
const buf = path.join(path.dirname(createRequire(import.meta.url).resolve('@bufbuild/buf/package.json')), 'bin', 'buf');

function check(folder: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [buf, ...args], { encoding: 'utf8', cwd: folder });
  return { status, output: stdout + stderr };
}

/** A release replaces it: `npx buf build protos --exclude-source-info --path protos/auspex/v1 -o test/protos/released.binpb`. */
const released = path.join(import.meta.dirname, 'released.binpb');
const againstReleased = (folder: string) => check(folder, 'breaking', '--against', released, '--path', 'auspex/v1');

describe('the protocol', () => {
  it('is written as buf wants it', () => {
    assert.deepEqual(check(protos, 'lint'), { status: 0, output: '' });
  });

  it('can still be read as it was released', () => {
    assert.deepEqual(againstReleased(protos), { status: 0, output: '' });
  });

  it('would not pass with a field that changed its type, or is gone', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'auspex-protos-'));
    try {
      cpSync(protos, folder, { recursive: true });
      const file = path.join(folder, 'auspex', 'v1', 'jobs.proto');
      const text = readFileSync(file, 'utf8');
      for (const [line, other] of [
        ['string preset = 1;', 'uint32 preset = 1;'],
        ['string preset = 1;', ''],
      ] as const) {
        assert.ok(text.includes(line));
        writeFileSync(file, text.replace(line, other));
        const { status, output } = againstReleased(folder);
        assert.notEqual(status, 0);
        assert.match(output, /preset|field "1"/i);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
