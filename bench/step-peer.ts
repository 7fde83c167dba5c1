/** Runs the PyTorch peer of the training step (torch_swav.py) as a child process and returns what it measured. */
import path from 'node:path';
import { parseResult, runChild } from './child.ts';
import { peersFolder } from './python.ts';
import { peerResult, type StepResult } from './step-result.ts';

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
  readonly timeoutSeconds: number;
  /** What to call the step in messages. @default its architecture and dtype */
  readonly name?: string;
}

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

/** Runs one measurement. @throws BenchError CHILD_FAILED, CHILD_TIMEOUT */
export async function runPeer(step: PeerStep, options: RunPeerOptions): Promise<StepResult> {
  const { python, timeoutSeconds, name = `${step.arch} ${step.dtype}` } = options;
  const what = `the PyTorch peer (${name})`;
  const script = path.join(peersFolder(), 'torch_swav.py');
  const env = { OMP_NUM_THREADS: String(step.threads) };
  const args = [script, ...peerArguments(step)];
  return parseResult(what, await runChild({ what, command: python, args, env, timeoutSeconds }), peerResult);
}
