import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { preparePython, requirementLines } from '../../bench/python.ts';

describe("the peers' Python environment", () => {
  let folder: string;
  let requirements: string;
  const searchPath = process.env['PATH'];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-python-'));
    requirements = path.join(folder, 'requirements.txt');
  });

  afterEach(async () => {
    process.env['PATH'] = searchPath;
    await rm(folder, { recursive: true, force: true });
  });

  function prepare(onProgress: (line: string) => void = () => {}) {
    return preparePython({ folder: path.join(folder, 'env'), requirements, onProgress });
  }

  it('is an environment of its own, made once', async () => {
    await writeFile(requirements, '# nothing is needed\n');
    const { python } = await prepare();
    const prefix = execFileSync(python, ['-c', 'import sys; print(sys.prefix)'], { encoding: 'utf8' });
    assert.equal(prefix.trim(), path.join(folder, 'env'));

    process.env['PATH'] = folder; // no python3 any more
    const lines: string[] = [];
    assert.deepEqual(await prepare((line) => lines.push(line)), { python });
    assert.deepEqual(lines, []);
  });

  it('is not taken for finished when a package could not be installed, and goes on from there', async () => {
    await writeFile(requirements, 'no such package at all\n');
    await assert.rejects(prepare(), { code: 'INSTALL_FAILED', message: /no such package at all/ });
    const kept = path.join(folder, 'env', 'kept');
    await writeFile(kept, '');
    await assert.rejects(prepare(), { code: 'INSTALL_FAILED' });
    assert.ok(existsSync(kept), 'what is installed already is kept');

    await writeFile(requirements, '# other requirements\n');
    await prepare();
    assert.ok(!existsSync(kept), 'other requirements begin anew');
  });

  it('says where the requirements should be', async () => {
    await assert.rejects(prepare(), { code: 'PEERS_MISSING', message: /requirements\.txt.*AUSPEX_SHARED/s });
  });

  it('says what to install when there is no Python', async () => {
    await writeFile(requirements, 'numpy\n');
    process.env['PATH'] = folder;
    await assert.rejects(prepare(), { code: 'PYTHON_MISSING', message: /apt-get install -y python3/ });
  });
});

describe('requirement lines', () => {
  it('are what is left without comments and empty lines, in order', () => {
    const text = '# head\nb==2\n\n  a==1  # why\nc @ https://example.org/c.whl#sha256=1\n';
    assert.deepEqual(requirementLines(text), ['b==2', 'a==1', 'c @ https://example.org/c.whl#sha256=1']);
  });
});
