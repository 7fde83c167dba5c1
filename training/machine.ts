import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { MachineDescription } from './run/records.ts';

/** Extensions for which the kernels have, or oneDNN has, separate code. */
const RELEVANT_FEATURE = /^(avx2|fma|f16c|avx512\w*|avx_vnni|amx_\w+)$/;

/** Describes the machine; processor features only where /proc tells them. */
export function describeMachine(): MachineDescription {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cpuFeatures: cpuFeatures(),
    processors: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
  };
}

function cpuFeatures(): string[] {
  const flags = /^flags\s*:(.*)$/m.exec(readOrEmpty('/proc/cpuinfo'))?.[1] ?? '';
  return flags
    .split(' ')
    .filter((flag) => RELEVANT_FEATURE.test(flag))
    .sort();
}

/** /proc is a courtesy of the system: what it does not tell is left out of the description. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
