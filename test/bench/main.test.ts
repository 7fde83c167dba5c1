import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '../../kernels/addon.ts';

function bench(...args: string[]) {
  const main = path.join('bench', 'main.ts');
  return spawnSync(process.execPath, ['--import', 'tsx', main, ...args], { cwd: packageRoot, encoding: 'utf8' });
}

describe('npm run bench', () => {
  for (const args of [['stpe', '--rounds', '3', '--json'], []]) {
    it(`names the benchmarks for "${args.join(' ')}"`, () => {
      const { status, stdout, stderr } = bench(...args);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^error USAGE: .*; known: step, .*embed, .*crops/m);
    });
  }

  it('refuses a case that does not exist before anything is measured', () => {
    const { status, stderr } = bench('step', '--cases', '400mf fp64');
    assert.equal(status, 2);
    assert.match(stderr, /no case "400mf fp64"; known: 400mf bf16/);
  });

  it('refuses a count that is none', () => {
    const { status, stderr } = bench('step', '--rounds', '0');
    assert.equal(status, 2);
    assert.match(stderr, /--rounds.*at least 1/);
  });
});
