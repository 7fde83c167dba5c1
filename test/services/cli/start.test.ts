/** What a command line loads before anything happens: its own command, and nothing of the others. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { auspex } from './run.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');

/** Files that a process has loaded, relative to the checkout: V8 tells of each of them in its account of coverage. */
function loadedBy(...args: string[]): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-loaded-'));
  try {
    assert.equal(auspex(args, { NODE_V8_COVERAGE: folder }).code, 0);
    return readdirSync(folder).flatMap((name) => {
      const { result }: { result: { url: string }[] } = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
      return result
        .filter(({ url }) => url.startsWith('file:'))
        .map(({ url }) => path.relative(root, fileURLToPath(url)));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const commandsOf = (files: readonly string[]) => files.filter((file) => file.startsWith('dist/services/cli/commands/'));

describe('the start of a command', () => {
  for (const args of [['--version'], ['--help']]) {
    it(`loads no command for ${args.join(' ')}, and no library but the command line's own`, () => {
      const files = loadedBy(...args);
      assert.ok(files.includes('dist/services/cli/main.js'));
      const foreign =
        /^(dist\/errors\.js|dist\/services\/cli\/[^/]+|services\/cli\/bin\.js|node_modules\/commander\/.*)$/;
      assert.deepEqual(
        files.filter((file) => !foreign.test(file)),
        [],
      );
    });
  }

  it('loads the one that is called, or whose help is asked for', () => {
    for (const args of [
      ['audit', '--help'],
      ['help', 'audit'],
    ])
      assert.deepEqual(commandsOf(loadedBy(...args)), ['dist/services/cli/commands/audit.js']);
  });

  it('loads neither executor nor images for commands that only talk to a server', () => {
    const heavy = /^(dist\/kernels\/|build\/|node_modules\/(sharp|usearch|@tensorflow)\/)/;
    assert.deepEqual(
      loadedBy('jobs', '--help').filter((file) => heavy.test(file)),
      [],
    );
  });

  it('loads all where all are asked for', () => {
    assert.ok(commandsOf(loadedBy('completion', 'bash')).length > 30);
  });
});
