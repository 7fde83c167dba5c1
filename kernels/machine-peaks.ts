/**
 * What this machine can do at best, measured by programs of one operation that suits it: the yardsticks of a profile. They run
 * through the same executor as a step, so that a peak is what a step's kernels could reach and not a data sheet's figure.
 */
import { ProgramBuilder } from '../program/builder.ts';
import { operationCost } from '../program/operation-cost.ts';
import type { OperationKind } from '../program/operations.ts';
import type { Program } from '../program/program.ts';
import type { Grid } from '../program/values.ts';
import { CompiledProgram, type Executor, hasBf16 } from './executor.ts';

export interface MachinePeaks {
  /** Floating-point operations per second (two for a multiply-add) of a large f32 matrix product. */
  readonly f32: number;
  /** The same of a large bf16 1x1 convolution; null where the processor has no bf16 arithmetic. */
  readonly bf16: number | null;
  /** Bytes read and written per second by an operation that only copies, on maps larger than most caches. */
  readonly bytes: number;
}

export interface PeakSizes {
  /** Rows, columns and depth of the f32 products, of which the quickest counts. @default 1024, 2048 */
  readonly matrices?: readonly number[];
  /** Channels of the bf16 convolutions, each over 16 times as many pixels; the quickest counts. @default 256, 512, 1024 */
  readonly channels?: readonly number[];
  /** Bytes of the map that is copied to another one. @default 256 MiB */
  readonly copiedBytes?: number;
}

/** Runs are repeated so often at least, and until this many seconds have passed: the best one counts. */
const LEAST_RUNS = 3;
const SECONDS = 0.25;

/** Measures one peak after the other, each in memory of its own that is given back. */
export async function measurePeaks(threads: number, sizes: PeakSizes = {}): Promise<MachinePeaks> {
  const { matrices = [1024, 2048], channels = [256, 512, 1024], copiedBytes = 2 ** 28 } = sizes;
  const best = async (programs: readonly Program[], kind: OperationKind, of: 'flops' | 'bytes') => {
    let rate = 0;
    for (const program of programs) {
      const measured = await fastest(program, kind, threads);
      rate = Math.max(rate, measured[of] / measured.seconds);
    }
    return rate;
  };
  return {
    f32: await best(matrices.map(matrixProduct), 'linear', 'flops'),
    bf16: hasBf16() ? await best(channels.map(pointwiseConvolution), 'convolution', 'flops') : null,
    bytes: await best([copyOf(copiedBytes)], 'activation', 'bytes'),
  };
}

/** The better of two measurements: whatever disturbed the other is not the machine's limit. */
export function bestPeaks(one: MachinePeaks, other: MachinePeaks): MachinePeaks {
  return {
    f32: Math.max(one.f32, other.f32),
    bf16: one.bf16 === null || other.bf16 === null ? null : Math.max(one.bf16, other.bf16),
    bytes: Math.max(one.bytes, other.bytes),
  };
}

function matrixProduct(side: number): Program {
  const builder = new ProgramBuilder({ name: 'f32 peak', precision: 'f32', mode: 'train' });
  const input = builder.parameter('input', [side, side], { kind: 'normal', deviation: 1 });
  builder.linear(input, 'product', side, { bias: false, init: 'uniform' });
  return builder.program();
}

function pointwiseConvolution(channels: number): Program {
  const grids: Grid[] = [{ images: 16, height: 1, width: channels }];
  const builder = new ProgramBuilder({ name: 'bf16 peak', precision: 'bf16', mode: 'train' });
  const wide = builder.parameter('map', [16 * channels, channels], { kind: 'normal', deviation: 1 });
  const input = builder.value({ name: 'bf16 map', shape: [16 * channels, channels], grids, dtype: 'bf16' });
  builder.emit('convert', { inputs: { input: wide }, outputs: { output: input } });
  builder.convolution(input, 'convolution', { outputChannels: channels, kernel: 1, stride: 1, groups: 1 });
  return builder.program();
}

function copyOf(bytes: number): Program {
  const builder = new ProgramBuilder({ name: 'memory peak', precision: 'f32', mode: 'train' });
  // What was never written would all be read from one page of zeros.
  const input = builder.parameter('from', [bytes / 4 / 1024, 1024], { kind: 'constant', value: 1 });
  builder.activation(input, 'relu');
  return builder.program();
}

/** What the operation of this kind does in a run, and the seconds of its best run. */
async function fastest(program: Program, kind: OperationKind, threads: number) {
  const index = program.operations.findIndex((operation) => operation.kind === kind);
  const executor = new CompiledProgram(program, { threads }).allocate();
  executor.initialise(0);
  const { multiplyAdds, bytesRead, bytesWritten } = operationCost(program, program.operations[index]!);
  const seconds = await bestSeconds(executor, index);
  executor.free();
  return { flops: 2 * multiplyAdds, bytes: bytesRead + bytesWritten, seconds };
}

async function bestSeconds(executor: Executor, index: number): Promise<number> {
  const until = performance.now() + SECONDS * 1000;
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < LEAST_RUNS || performance.now() < until; run++) {
    const { computed } = await executor.runTimed();
    best = Math.min(best, computed[2 * index + 1]! - computed[2 * index]!);
  }
  return best;
}
