/** What the control group of this process, or one above it, lets it use; of version 2 and of version 1. */
import path from 'node:path';
import type { ReadFile } from './check.ts';

export interface CgroupLimits {
  /** Processors' worth of time; null for no limit. */
  readonly cpus: number | null;
  /** Bytes of memory; null for no limit. */
  readonly memoryBytes: number | null;
}

const ROOT = '/sys/fs/cgroup';
/** Version 1 writes "no limit" as a number near 2^63. */
const NO_LIMIT = 2 ** 60;

export function cgroupLimits(read: ReadFile): CgroupLimits {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => /^(\d+):([^:]*):(.*)$/.exec(line));
  const cpus: number[] = [];
  const memory: number[] = [];
  for (const line of lines) {
    if (!line) continue;
    const [, , controllers, place] = line as unknown as [string, string, string, string];
    const names = controllers.split(',');
    for (const folder of upwards(place)) {
      if (controllers === '') {
        cpus.push(quota(...((read(path.join(ROOT, folder, 'cpu.max')) ?? '').split(' ') as [string, string])));
        memory.push(amount(read(path.join(ROOT, folder, 'memory.max'))));
      }
      if (names.includes('cpu')) {
        const file = (name: string) => read(path.join(ROOT, 'cpu', folder, name)) ?? '';
        cpus.push(quota(file('cpu.cfs_quota_us'), file('cpu.cfs_period_us')));
      }
      if (names.includes('memory')) {
        memory.push(amount(read(path.join(ROOT, 'memory', folder, 'memory.limit_in_bytes'))));
      }
    }
  }
  return { cpus: least(cpus), memoryBytes: least(memory) };
}

/** A folder and all above it. Within a container, only its root may be there. */
function upwards(place: string): string[] {
  const folders = [place];
  for (let folder = place; folder !== path.dirname(folder); ) {
    folder = path.dirname(folder);
    folders.push(folder);
  }
  return folders;
}

function quota(microseconds: string, period: string): number {
  const share = Number.parseInt(microseconds, 10) / Number.parseInt(period, 10);
  return share > 0 ? share : Number.NaN;
}

function amount(text: string | undefined): number {
  const bytes = Number.parseInt(text ?? '', 10);
  return bytes < NO_LIMIT ? bytes : Number.NaN;
}

function least(values: readonly number[]): number | null {
  const limits = values.filter(Number.isFinite);
  return limits.length === 0 ? null : Math.min(...limits);
}
