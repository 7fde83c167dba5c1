/** What training on GPUs would need. This version has no executor for them, and says so. */
import { type Check, ok, type ReadFile, warning } from './check.ts';

/** Runs a program. @returns its output, or undefined where it is missing or fails */
export type Run = (command: string, args: readonly string[]) => string | undefined;

const LIBRARIES = [
  ['libcuda.so', "the driver's library", "Install NVIDIA's driver; in a container, start it with --gpus."],
  ['libnccl.so', 'exchange between GPUs', 'Install libnccl2.'],
  ['libtensorflow.so', 'kernels for GPUs', "Unpack TensorFlow's C library for GPUs where ld finds it."],
] as const;

export function checkGpu(run: Run, read: ReadFile): Check[] {
  const advice = 'Nothing: trainings run on processors. What follows is what GPUs would need.';
  return [
    warning('gpu executor', 'not in this version of Auspex', advice),
    checkCards(run('nvidia-smi', ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'])),
    checkDriver(read('/proc/driver/nvidia/version')),
    ...checkLibraries(run('/sbin/ldconfig', ['-p']) ?? ''),
  ];
}

function checkCards(listed: string | undefined): Check {
  const cards = listed?.split('\n').filter((line) => line.trim() !== '') ?? [];
  if (cards.length > 0) return ok('nvidia-smi', cards.join('; '));
  return warning('nvidia-smi', 'not found, or it sees no GPU', "A machine with an NVIDIA GPU and NVIDIA's driver.");
}

function checkDriver(version: string | undefined): Check {
  const found = version?.split('\n')[0];
  if (found) return ok('nvidia driver', found);
  return warning(
    'nvidia driver',
    'not loaded: /proc/driver/nvidia is not found',
    "Install NVIDIA's driver on the host.",
  );
}

function checkLibraries(listed: string): Check[] {
  return LIBRARIES.map(([name, use, advice]) => {
    const found = new RegExp(`^\\s*${name.replace('.', '\\.')}\\S*.*=> (\\S+)`, 'm').exec(listed)?.[1];
    if (found !== undefined) return ok(name, `${found} (${use})`);
    return warning(name, `not found (${use})`, advice);
  });
}
