/** Asks TensorFlow whether it sees a GPU, in a process of its own: it may fail there, and says why it sees none on standard error alone. */
import { spawnSync } from 'node:child_process';

export type GpuAnswer =
  | { readonly kind: 'sees' }
  /** With what it says of the cause. */
  | { readonly kind: 'seesNone'; readonly why: readonly string[] }
  /** The process ended in another way: how. */
  | { readonly kind: 'ended'; readonly how: string }
  | { readonly kind: 'late'; readonly seconds: number };

/** Reading a library of 1.1 GB from a slow disk takes its time. */
const SECONDS = 120;

/** What TensorFlow and CUDA say of libraries and drivers that they cannot use. */
const CAUSE =
  /Could not load dynamic library|Cannot dlopen|Could not find cuda drivers|cuInit|CUDA_ERROR|does not match DSO/;

/** @param module the binding of a set-up for GPUs */
export function askForGpu(module: string, seconds = SECONDS): GpuAnswer {
  const code = `console.log('sees', require(${JSON.stringify(module)}).isUsingGpuDevice())`;
  // One GPU is enough to ask, and quicker than all of them.
  const [visible] = (process.env['CUDA_VISIBLE_DEVICES'] ?? '0').split(',');
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: visible, TF_CPP_MIN_LOG_LEVEL: '0' };
  const ran = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', timeout: seconds * 1000, env });
  if ((ran.error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT') return { kind: 'late', seconds };
  if (ran.status !== 0) return { kind: 'ended', how: howItEnded(ran) };
  if (ran.stdout.includes('sees true')) return { kind: 'sees' };
  return { kind: 'seesNone', why: causesIn(ran.stderr) };
}

/** Sentences without time, level, file and full stop, each once. */
function causesIn(log: string): string[] {
  const lines = log.split('\n').filter((line) => CAUSE.test(line));
  return [...new Set(lines.map((line) => line.replace(/^.*?\.cc:\d+\] /, '').replace(/\.?\s*$/, '')))];
}

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly error?: Error | undefined;
}

function howItEnded({ status, signal, stderr, error }: Ended): string {
  if (error) return error.message;
  if (signal !== null) return `it was ended by ${signal}`;
  return /^\w*Error: .*/m.exec(stderr)?.[0] ?? `it ended with ${status}`;
}
