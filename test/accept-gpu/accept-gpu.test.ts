/** The acceptance on GPUs runs to its end on a machine without one, and on the stand-in for NCCL. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { standInEnvironment } from '../kernels/collectives/nccl-stand-in/build.ts';
import { PARTS } from './parts.ts';

function accept(environment: Readonly<Record<string, string>>, ...args: string[]): { status: number; stdout: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', path.join(import.meta.dirname, 'main.ts'), ...args],
    { env: { ...process.env, ...environment }, encoding: 'utf8' },
  );
  assert.equal(stderr, '');
  return { status: status!, stdout };
}

/** Parts that need its build for GPUs. */
const ON_TENSORFLOW = 4;

describe('the acceptance on GPUs', () => {
  it('skips every part without a GPU, says why, and writes the report', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'auspex-accept-'));
    try {
      const report = path.join(folder, 'report.md');
      const { status, stdout } = accept({ AUSPEX_NCCL: '/nowhere.so', AUSPEX_CUDART: '/nowhere.so' }, report);
      assert.equal(status, 0);
      assert.equal(stdout.match(/^SKIPPED: it needs .* and there is none \(.*nowhere.*\)\.$/gm)?.length, PARTS.length);
      assert.equal(readFileSync(report, 'utf8'), stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('runs its parts on the stand-in, and says that it is one', () => {
    const { status, stdout } = accept({ ...standInEnvironment(), AUSPEX_TENSORFLOW: '/nowhere' });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /The stand-in is in the place of NCCL and CUDA/);
    assert.equal(stdout.match(/^PASSED$/gm)?.length, PARTS.length - ON_TENSORFLOW, stdout);
    assert.match(stdout, /noticed after \d+ ms: PEER_LOST, Rank 1 has ended/);
    assert.match(stdout, /8 ranks, 1 MiB, all-gather: [\d.]+ ms, [\d.]+ GB\/s/);
    assert.equal(stdout.match(/^SKIPPED: TensorFlow is not set up/gm)?.length, ON_TENSORFLOW);
  });

  it('fails where a part fails', () => {
    const { status, stdout } = accept({ ...standInEnvironment(), AUSPEX_STAND_IN_FAIL: '3' });
    assert.equal(status, 1);
    assert.match(stdout, /^FAILED$/m);
  });
});
