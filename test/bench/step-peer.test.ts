import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type PeerStep, parsePeerOutput, peerArguments, runPeer } from '../../bench/step-peer.ts';

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
    const result = await runPeer(step, { python });
    assert.equal(result.imagesPerSecond, 18.8);
    assert.equal(result.stepSeconds, 0.4255);
    assert.equal(result.cpuSeconds, 0.84);
    assert.equal(result.peakRssMb, 935.5);
    assert.deepEqual(result, parsePeerOutput(`${line}\n`));
  });

  it('is not believed without a result', async () => {
    assert.throws(() => parsePeerOutput(''), { code: 'PEER_FAILED' });
    assert.throws(() => parsePeerOutput('{"step_s": 1}'), { code: 'PEER_FAILED', message: /step_s/ });
  });

  it('passes on why it failed', async () => {
    const python = await standIn('echo "out of memory" >&2\nexit 3');
    await assert.rejects(runPeer(step, { python }), { code: 'PEER_FAILED', message: /400mf bf16.*3.*out of memory/s });
    await assert.rejects(runPeer(step, { python: path.join(folder, 'none') }), { code: 'PEER_FAILED' });
  });

  it('is stopped when it takes too long', async () => {
    const python = await standIn('exec sleep 60');
    await assert.rejects(runPeer(step, { python, timeoutMs: 200 }), { code: 'PEER_TIMEOUT', message: /0\.2 s/ });
  });
});
