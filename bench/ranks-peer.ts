/** PyTorch's step on two ranks (torch_swav.py under torchrun, Gloo): FSDP2 or DDP. */
import path from 'node:path';
import { z } from 'zod';
import { parseResult, runChild } from './child.ts';
import { peersFolder } from './python.ts';
import { architectureArgument, resolutionsArgument, type StepCase } from './step-cases.ts';

/** `fsdp-sync-bn`: with batch statistics of both processes, as ours; the others take their own, which costs nothing. */
export type PeerParallel = 'fsdp' | 'fsdp-sync-bn' | 'ddp';

export interface PeerRanksOptions {
  readonly python: string;
  readonly stepCase: StepCase;
  readonly parallel: PeerParallel;
  readonly ranks: number;
  readonly batchPerRank: number;
  readonly steps: number;
  readonly warmup: number;
  readonly timeoutSeconds: number;
}

const line = z
  .object({ batch: z.number(), step_s: z.number(), cpu_s: z.number(), peak_rss_mb: z.array(z.number()) })
  .transform((fields) => ({
    imagesPerSecond: fields.batch / fields.step_s,
    stepSeconds: fields.step_s,
    cpuSeconds: fields.cpu_s,
    peakRssMb: Math.max(...fields.peak_rss_mb),
  }));

export type PeerRanksResult = z.output<typeof line>;

/** Runs one measurement. @throws BenchError CHILD_FAILED, CHILD_TIMEOUT */
export async function runPeerRanks(options: PeerRanksOptions): Promise<PeerRanksResult> {
  const { python, stepCase, parallel, ranks, batchPerRank, steps, warmup, timeoutSeconds } = options;
  const script = path.join(peersFolder(), 'torch_swav.py');
  const launch = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', String(ranks), script];
  const step = [
    ...[
      '--arch',
      architectureArgument(stepCase.architecture),
      '--batch',
      String(batchPerRank),
      '--dtype',
      stepCase.dtype,
    ],
    ...['--resolutions', resolutionsArgument(), '--steps', String(steps), '--warmup', String(warmup)],
    ...['--threads', '1', '--channels-last', parallel === 'ddp' ? '--ddp' : '--fsdp'],
    ...(parallel === 'fsdp-sync-bn' ? ['--sync-bn'] : []),
  ];
  const what = `the PyTorch peer (${stepCase.name}, ${parallel})`;
  const env = { OMP_NUM_THREADS: '1', GLOO_SOCKET_IFNAME: 'lo' };
  return parseResult(
    what,
    await runChild({ what, command: python, args: [...launch, ...step], env, timeoutSeconds }),
    line,
  );
}
