import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type PeerStep, peerArguments, runPeer } from '../../bench/step-peer.ts';

const step: PeerStep = { arch: '400mf', batch: 8, dtype: 'bf16', channelsLast: true, steps: 3, warmup: 1, threads: 2 };

const line = JSON.stringify({
  arch: '400mf',
  batch: 8,
  dtype: 'bf16',
  channels_last: true,
  compile: false,
  checkpoint: 'none',
  fsdp: false,
  ddp: false,
  procs: 1,
  threads: 2,
  images_per_s: 18.8,
  step_s: 0.4255,
  min_step_s: 0.42,
  cpu_s: 0.84,
  first_step_s: 1.5,
  peak_rss_mb: 935.5,
  import_rss_mb: 518,
  loss_first: 5.9,
  loss_last: 5.7,
});

const timeoutSeconds = 60;

describe('the PyTorch peer of the step', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-peer-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A program in Python's place. */
  async function standIn(script: string): Promise<string> {
    const file = path.join(folder, 'python');
    await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  }

  it('is asked for exactly the step', () => {
    assert.equal(
      peerArguments(step).join(' '),
      '--arch 400mf --batch 8 --dtype bf16 --channels-last --checkpoint none --steps 3 --warmup 1 --threads 2',
    );
    const other = { ...step, channelsLast: false, compile: true, checkpoint: 'block', resolutions: '64x2' } as const;
    assert.equal(
      peerArguments(other).join(' '),
      '--arch 400mf --batch 8 --dtype bf16 --compile --checkpoint block --resolutions 64x2 --steps 3 --warmup 1 --threads 2',
    );
  });

  it('answers in its last line, whatever came before', async () => {
    const python = await standIn(`echo 'a warning'\necho '${line}'`);
    const result = await runPeer(step, { python, timeoutSeconds });
    assert.equal(result.stepSeconds, 0.4255);
    // Of the step's time, and not its own images_per_s, which is rounded to three decimals.
    assert.equal(result.imagesPerSecond, 8 / 0.4255);
    assert.equal(result.cpuSeconds, 0.84);
    assert.equal(result.peakRssMb, 935.5);
    assert.equal(result.baseRssMb, 518);
  });

  for (const [what, printed] of [
    ['nothing', ''],
    ['no JSON', 'Killed'],
    ['no complete result', '{"step_s": 1}'],
    ['a loss that is not a number', line.replace('5.7', 'NaN')],
  ] as const) {
    it(`is not believed when it prints ${what}`, async () => {
      const python = await standIn(`echo '${printed}'`);
      await assert.rejects(runPeer(step, { python, timeoutSeconds }), { code: 'CHILD_FAILED', message: /no result/ });
    });
  }

  it('passes on why it failed', async () => {
    const python = await standIn('echo "out of memory" >&2\nexit 3');
    const code = 'CHILD_FAILED';
    await assert.rejects(runPeer(step, { python, timeoutSeconds }), {
      code,
      message: /400mf bf16.*3.*out of memory/s,
    });
    const none = path.join(folder, 'none');
    await assert.rejects(runPeer(step, { python: none, timeoutSeconds }), { code, message: /could not be started/ });
  });

  it('is stopped when it takes too long', async () => {
    const python = await standIn('exec sleep 60');
    const error = { code: 'CHILD_TIMEOUT', message: /0\.2 s/ };
    await assert.rejects(runPeer(step, { python, timeoutSeconds: 0.2 }), error);
  });
});
