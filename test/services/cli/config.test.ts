import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig, type ResolvedConfig } from '../../../training/config/config.ts';
import { auspex } from './run.ts';

describe('auspex config', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-cli-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('lists every key', () => {
    const { keys } = auspex(['config', '--json']).json<{ keys: { path: string }[] }>();
    assert.ok(keys.some((key) => key.path === 'crops.groups[].size'));
    assert.match(auspex(['config']).stdout, /schedule\.warmupIterations = 5500 {2}\(iterations; .*SEER, Table 15\)/);
  });

  it('writes the documentation', () => {
    const docs = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'configuration.md');
    assert.equal(auspex(['config', '--markdown']).stdout, readFileSync(docs, 'utf8'));
  });

  it('completes a preset; what it prints loads as the same', () => {
    const { code, stdout } = auspex([
      'config',
      '--preset',
      'tiny',
      '--set',
      'training.seed=3',
      '--set',
      'loss.epsilon=0.04',
    ]);
    assert.equal(code, 0);
    const file = path.join(folder, 'printed.yaml');
    writeFileSync(file, stdout);
    assert.deepEqual(
      loadConfig({ file }),
      loadConfig({ preset: 'tiny', set: ['training.seed=3', 'loss.epsilon=0.04'] }),
    );
    assert.equal(auspex(['config', file, '--json']).json<ResolvedConfig>().training.seed, 3);
  });

  it('refuses a misspelt key with one line that names file, key and nearest key', () => {
    const file = path.join(folder, 'wrong.yaml');
    writeFileSync(file, 'optimizer:\n  momentun: 0.9\n');
    const { code, stderr, stdout } = auspex(['config', file]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    const expected = `error CONFIG_UNKNOWN_KEY: ${file}: unknown key "optimizer.momentun"; the nearest is "optimizer.momentum"\n`;
    assert.equal(stderr, expected);
  });
});

describe('auspex', () => {
  it('without a command shows the help and fails; an unknown command names the nearest', () => {
    const nothing = auspex([]);
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /Commands:/);
    const unknown = auspex(['archh']);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /^error USAGE: unknown command 'archh' \(Did you mean arch\?\)\n$/);
  });

  it('knows its version and its help', () => {
    assert.match(auspex(['--version']).stdout, /^\d+\.\d+\.\d+\n$/);
    const help = auspex(['arch', '--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /--group-width <channels>/);
  });
});
