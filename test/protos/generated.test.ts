/** protos/generated/ against the protocol that it was made from. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..');

function contents(folder: string): Record<string, string> {
  const read = (name: string) => [name, readFileSync(path.join(folder, name), 'base64')];
  return Object.fromEntries(readdirSync(folder).map(read));
}

describe('protos/generated', () => {
  it('is what `npm run protos` makes of the protocol', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'auspex-protos-'));
    try {
      execFileSync(process.execPath, [path.join(root, 'setup', 'generate-protos.mjs'), folder]);
      assert.deepEqual(contents(path.join(root, 'protos', 'generated')), contents(folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
