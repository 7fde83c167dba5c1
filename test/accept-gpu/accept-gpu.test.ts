/** The acceptance on GPUs runs to its end on a machine without one, and on the stand-in for NCCL. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ncclOf, placeOf } from '../../kernels/tensorflow/place.ts';
import { standInEnvironment } from '../kernels/collectives/nccl-stand-in/build.ts';
import { hasTensorFlowRanks, tensorFlowBuild } from '../kernels/executors.ts';
import { describeOverlap, overlapOf } from './overlap.ts';
import { PARTS } from './parts.ts';

function accept(environment: NodeJS.ProcessEnv, ...args: string[]): { status: number; stdout: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', path.join(import.meta.dirname, 'main.ts'), ...args],
    { env: { ...process.env, ...environment }, encoding: 'utf8' },
  );
  assert.equal(stderr, '');
  return { status: status!, stdout };
}

/** Parts that need its build for GPUs, and the trace, which is made on processors where there are none. */
const ON_TENSORFLOW = 3;
const TRACE = 1;

describe('the acceptance on GPUs', () => {
  it("tells how much of a step's exchanges lies beside what it computes", () => {
    const track = (tid: number, name: string) =>
      ({ ph: 'M', name: 'thread_name', pid: 0, tid, args: { name } }) as const;
    const stretch = (tid: number, name: string, cat: string, ts: number, end: number) =>
      ({ ph: 'X', name, cat, pid: 0, tid, ts, dur: end - ts, args: {} }) as const;
    const overlap = overlapOf({
      displayTimeUnit: 'ms',
      traceEvents: [
        ...[track(2, 'compute'), track(3, 'communication')],
        stretch(2, 'stem forward', 'unit', 0, 9000),
        ...[stretch(2, 'convolution', 'forward', 0, 3000), stretch(2, 'await', 'forward', 3000, 5000)],
        stretch(2, 'convolution', 'forward', 5000, 9000),
        ...[stretch(3, 'allGather', 'forward', 1000, 5000), stretch(3, 'allGather', 'forward', 8000, 10_000)],
      ],
    });
    assert.deepEqual(overlap, { exchanges: 2, exchanging: 6, beside: 3, awaiting: 2 });
    assert.match(describeOverlap(overlap).join('\n'), /2 exchanges, 6\.0 ms of them; 3\.0 ms \(50 %\) beside/);
  });

  it('skips every part without a GPU, says why, and writes the report', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'auspex-accept-'));
    try {
      const report = path.join(folder, 'report.md');
      const { status, stdout } = accept(
        { AUSPEX_NCCL: '/nowhere.so', AUSPEX_CUDART: '/nowhere.so', AUSPEX_TENSORFLOW: '/nowhere' },
        report,
      );
      assert.equal(status, 0);
      const skipped = stdout.match(/^SKIPPED: it needs .* and there is none \(.*nowhere.*\)\.$/gm);
      assert.equal(skipped?.length, PARTS.length - TRACE);
      assert.match(stdout, /^SKIPPED: it needs two GPUs and TensorFlow/m);
      assert.equal(readFileSync(report, 'utf8'), stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('runs its parts on the stand-in, and says that it is one', () => {
    const { status, stdout } = accept({ ...standInEnvironment(), AUSPEX_TENSORFLOW: '/nowhere' });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /The stand-in is in the place of NCCL and CUDA/);
    assert.equal(stdout.match(/^PASSED$/gm)?.length, PARTS.length - ON_TENSORFLOW - TRACE, stdout);
    assert.match(stdout, /noticed after \d+ ms: PEER_LOST, Rank 1 has ended/);
    assert.match(stdout, /8 ranks, 1 MiB, all-gather: [\d.]+ ms, [\d.]+ GB\/s/);
    assert.equal(stdout.match(/^SKIPPED: TensorFlow is not set up/gm)?.length, ON_TENSORFLOW);
  });

  it('takes those GPUs that the environment shows, be it one', () => {
    const run = (visible: string) =>
      accept({ ...standInEnvironment(), AUSPEX_TENSORFLOW: '/nowhere', CUDA_VISIBLE_DEVICES: visible });
    const [one, two] = [run('4'), run('4,5')];
    assert.deepEqual([one.status, two.status], [0, 0], one.stdout + two.stdout);
    assert.equal(one.stdout.match(/^PASSED$/gm)?.length, 1, one.stdout);
    assert.match(one.stdout, /it needs 2 GPUs, and there is one/);
    assert.equal(two.stdout.match(/^PASSED$/gm)?.length, PARTS.length - ON_TENSORFLOW - TRACE, two.stdout);
    assert.match(two.stdout, /2 ranks, 1 MiB, all-gather: /);
  });

  it('takes NCCL and CUDA from what was set up, and asks TensorFlow for the same bits each time', () => {
    const { AUSPEX_NCCL: library, ...visible } = standInEnvironment();
    const environment = { ...visible, AUSPEX_NCCL: undefined, AUSPEX_CUDART: undefined };
    const folder = mkdtempSync(path.join(os.tmpdir(), 'auspex-stand-in-set-up-'));
    try {
      const place = placeOf('gpu', { AUSPEX_TENSORFLOW: folder });
      for (const file of [place.module, place.stamp, place.operations]) {
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, '{}');
      }
      mkdirSync(path.join(place.folder, 'tensorflow'));
      for (const name of Object.values(ncclOf(place))) symlinkSync(library!, name);
      // In the place of the tests on TensorFlow: what their environment is, and what tells that they ran on a GPU.
      const says = ['on TensorFlow (gpu)', 'trains as f32 does', 'on TensorFlow, by nccl'];
      const npx = path.join(folder, 'npx');
      writeFileSync(
        npx,
        `#!/bin/sh\nenv | grep -E '^(TF_|NVIDIA_|AUSPEX_NCCL)'\n${says.map((text) => `echo '${text}'\n`).join('')}`,
      );
      chmodSync(npx, 0o755);
      const PATH = `${folder}:${process.env['PATH']}`;
      const { status, stdout } = accept({ ...environment, PATH, AUSPEX_TENSORFLOW: folder });
      assert.equal(status, 0, stdout);
      assert.equal(stdout.match(/^PASSED$/gm)?.length, PARTS.length - TRACE, stdout);
      for (const set of ['TF_DETERMINISTIC_OPS=1', 'TF_CUDNN_USE_AUTOTUNE=0', 'NVIDIA_TF32_OVERRIDE=0']) {
        assert.equal(stdout.split(`    ${set}\n`).length - 1, ON_TENSORFLOW, set);
      }
      assert.equal(stdout.split(`    AUSPEX_NCCL=${ncclOf(place).nccl}\n`).length - 1, ON_TENSORFLOW);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('fails where the driver lists GPUs and CUDA sees none', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'auspex-accept-'));
    try {
      const lists = path.join(folder, 'nvidia-smi');
      writeFileSync(lists, '#!/bin/sh\n[ "$1" = -L ] && echo "GPU 0: NVIDIA A100 (UUID: GPU-8a)"\n');
      chmodSync(lists, 0o755);
      const { status, stdout } = accept({
        PATH: `${folder}:${process.env['PATH']}`,
        ...{ AUSPEX_NCCL: '/nowhere.so', AUSPEX_CUDART: '/nowhere.so', AUSPEX_TENSORFLOW: '/nowhere' },
      });
      assert.equal(status, 1);
      assert.match(stdout, /^FAILED: nvidia-smi lists GPUs and CUDA sees none/m);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('makes its trace on processors where there are no GPUs', function () {
    if (!hasTensorFlowRanks || tensorFlowBuild === 'gpu') this.skip();
    const { status, stdout } = accept({ AUSPEX_NCCL: '/nowhere.so', AUSPEX_CUDART: '/nowhere.so' });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /PASSED\n\n {4}On processors, in shared memory: no word about GPUs\.\n {4}\d+ exchanges, /);
  });

  it('fails where a part fails', () => {
    const { status, stdout } = accept({ ...standInEnvironment(), AUSPEX_STAND_IN_FAIL: '3' });
    assert.equal(status, 1);
    assert.match(stdout, /^FAILED$/m);
  });
});
