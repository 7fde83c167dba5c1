/** Runs the PyTorch peer of the training step (torch_swav.py) as a child process and returns what it measured. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { BenchError } from './errors.ts';
import { peersFolder } from './python.ts';

export interface PeerStep {
  /** A name the script knows (`400mf`, `8gf`, ...), or `depth,w0,wa,wm,groupWidth,hidden,out,prototypes`. */
  readonly arch: string;
  /** Source images per step; each becomes all its crops. */
  readonly batch: number;
  readonly dtype: 'fp32' | 'bf16';
  readonly channelsLast: boolean;
  /** Through torch.compile; the first step then takes minutes. @default false */
  readonly compile?: boolean;
  /** Activation checkpointing. @default 'none' */
  readonly checkpoint?: 'none' | 'stage' | 'block';
  /** Crops as `SIDExCOUNT,...`. @default '160x2,96x4' */
  readonly resolutions?: string;
  /** Timed steps, after `warmup` that are not. */
  readonly steps: number;
  /** At least 1: the script fails on 0. */
  readonly warmup: number;
  readonly threads: number;
}

export interface RunPeerOptions {
  /** The interpreter of {@link preparePython}. */
  readonly python: string;
  /** @default 30 minutes */
  readonly timeoutMs?: number;
}

const peerLine = z
  .object({
    arch: z.string(),
    batch: z.number(),
    dtype: z.enum(['fp32', 'bf16']),
    threads: z.number(),
    images_per_s: z.number(),
    step_s: z.number(),
    min_step_s: z.number(),
    cpu_s: z.number(),
    first_step_s: z.number(),
    peak_rss_mb: z.number(),
    import_rss_mb: z.number(),
    loss_first: z.number(),
    loss_last: z.number(),
  })
  .transform((line) => ({
    arch: line.arch,
    batch: line.batch,
    dtype: line.dtype,
    threads: line.threads,
    /** Median over the timed steps. */
    imagesPerSecond: line.images_per_s,
    stepSeconds: line.step_s,
    minStepSeconds: line.min_step_s,
    /** CPU time of the median step; well below threads x stepSeconds, something else had the cores. */
    cpuSeconds: line.cpu_s,
    firstStepSeconds: line.first_step_s,
    /** Of the whole process; `importRssMb` of it was there before the model. */
    peakRssMb: line.peak_rss_mb,
    importRssMb: line.import_rss_mb,
    lossFirst: line.loss_first,
    lossLast: line.loss_last,
  }));

export type PeerResult = z.output<typeof peerLine>;

/** The script's arguments for a step. */
export function peerArguments(step: PeerStep): string[] {
  return [
    ['--arch', step.arch],
    ['--batch', String(step.batch)],
    ['--dtype', step.dtype],
    step.channelsLast ? ['--channels-last'] : [],
    step.compile ? ['--compile'] : [],
    ['--checkpoint', step.checkpoint ?? 'none'],
    step.resolutions ? ['--resolutions', step.resolutions] : [],
    ['--steps', String(step.steps)],
    ['--warmup', String(step.warmup)],
    ['--threads', String(step.threads)],
  ].flat();
}

/** The result in the script's output: its last line. @throws BenchError PEER_FAILED */
export function parsePeerOutput(output: string): PeerResult {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  try {
    return peerLine.parse(JSON.parse(last));
  } catch (error) {
    throw new BenchError('PEER_FAILED', `The peer's last line is no result (${messageOf(error)}): ${last}`, {
      cause: error,
    });
  }
}

/** Runs one measurement. @throws BenchError PEERS_MISSING, PEER_FAILED, PEER_TIMEOUT */
export async function runPeer(step: PeerStep, options: RunPeerOptions): Promise<PeerResult> {
  const script = path.join(peersFolder(), 'torch_swav.py');
  const timeoutMs = options.timeoutMs ?? 30 * 60_000;
  const child = spawn(options.python, [script, ...peerArguments(step)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: String(step.threads) },
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? signal));
    });
    if (status === 0) return parsePeerOutput(output);
    const what = `The peer (${step.arch} ${step.dtype}, batch ${step.batch})`;
    if (timedOut) throw new BenchError('PEER_TIMEOUT', `${what} was stopped after ${timeoutMs / 1000} s.`);
    throw new BenchError(
      'PEER_FAILED',
      `${what} ended with ${status}:\n${errors.trim().split('\n').slice(-15).join('\n')}`,
    );
  } catch (error) {
    if (error instanceof BenchError) throw error;
    throw new BenchError('PEER_FAILED', `${options.python} could not be run: ${messageOf(error)}.`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
