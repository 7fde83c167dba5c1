/** How busy this machine is, as /proc tells it. */
import { readFileSync } from 'node:fs';
import os from 'node:os';

export interface MachineLoad {
  /** Share of all processors' time since the last look, 0 to 1; null at the first look, and where it is not told. */
  readonly cpu: number | null;
  readonly processors: number;
  readonly memoryUsedBytes: number;
  readonly memoryBytes: number;
}

export interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

export class MachineWatch {
  #before = cpuTimes(readOrEmpty('/proc/stat'));

  look(): MachineLoad {
    const now = cpuTimes(readOrEmpty('/proc/stat'));
    const cpu = shareBetween(this.#before, now);
    this.#before = now;
    const available = /^MemAvailable:\s+(\d+) kB$/m.exec(readOrEmpty('/proc/meminfo'))?.[1];
    const memoryBytes = os.totalmem();
    const free = available === undefined ? os.freemem() : Number(available) * 1024;
    return { cpu, processors: os.availableParallelism(), memoryUsedBytes: memoryBytes - free, memoryBytes };
  }
}

/** Of all processors together, in ticks; undefined where the text does not tell it. */
export function cpuTimes(stat: string): CpuTimes | undefined {
  const ticks = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number);
  if (!ticks || ticks.length < 5) return undefined;
  // user nice system idle iowait irq softirq steal; what follows is contained in the first two.
  const total = ticks.slice(0, 8).reduce((sum, value) => sum + value, 0);
  return { total, busy: total - ticks[3]! - ticks[4]! };
}

export function shareBetween(before: CpuTimes | undefined, now: CpuTimes | undefined): number | null {
  if (!before || !now || now.total <= before.total) return null;
  return (now.busy - before.busy) / (now.total - before.total);
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // what is not told is not shown
  }
}
