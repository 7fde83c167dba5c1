/** Processors, memory and what else the system shares out. */
import type { CgroupLimits } from './cgroup.ts';
import { type Check, gibibytes, ok, type ReadFile, warning } from './check.ts';

/** Bytes below which even small trainings get tight. */
const LITTLE_MEMORY = 2 * 2 ** 30;
const FEW_FILES = 4096;

/** @param processors that this process may run on */
export function checkCores(processors: number, { cpus }: CgroupLimits): Check {
  if (cpus === null || cpus >= processors) return ok('cores', `${processors} processors, all of them usable`);
  const threads = Math.max(1, Math.floor(cpus));
  return warning(
    'cores',
    `${processors} processors, but the control group gives time for ${cpus.toFixed(1)}`,
    `Train with --set training.threads=${threads}: more threads wait for each other.`,
  );
}

/** @param total bytes of the machine */
export function checkMemory(total: number, available: number, { memoryBytes }: CgroupLimits): Check {
  const isLimited = memoryBytes !== null && memoryBytes < total;
  const usable = Math.min(available, memoryBytes ?? available);
  const found = `${gibibytes(available)} of ${gibibytes(total)} free${isLimited ? `, limited by the control group to ${gibibytes(memoryBytes)}` : ''}`;
  if (usable >= LITTLE_MEMORY) return ok('memory', found);
  return warning(
    'memory',
    found,
    'Use preset tiny, a smaller training.batchSize, or training.memoryBudget; or give it more.',
  );
}

/** Segments of ranks are memory files, which no size of /dev/shm limits. */
export function checkSharedMemory(bytes: number | undefined): Check {
  const found = bytes === undefined ? '/dev/shm is not there' : `/dev/shm has ${gibibytes(bytes)}`;
  return ok('shared memory', `${found}; ranks do not need it, theirs counts as memory`);
}

export function checkOpenFiles(read: ReadFile): Check {
  const text = /^Max open files\s+(\S+)/m.exec(read('/proc/self/limits') ?? '')?.[1];
  if (text === undefined) return ok('open files', 'the limit is not told here');
  if (text === 'unlimited' || Number(text) >= FEW_FILES) return ok('open files', `${text} at once`);
  return warning(
    'open files',
    `${text} at once`,
    `Servers with many clients need more: ulimit -n ${FEW_FILES} or above.`,
  );
}

export function checkHugePages(read: ReadFile): Check {
  const folder = '/sys/kernel/mm/transparent_hugepage';
  const chosen = (name: string) => /\[(\w+)\]/.exec(read(`${folder}/${name}`) ?? '')?.[1];
  const [own, shared] = [chosen('enabled'), chosen('shmem_enabled')];
  if (own === undefined) {
    return warning('huge pages', 'not told by this system', 'Steps are slower by some percent where there are none.');
  }
  const found = `${own} for a process's own memory, ${shared ?? 'never'} for that which ranks share`;
  if (own !== 'never') return ok('huge pages', found);
  return warning('huge pages', found, `As root: echo madvise > ${folder}/enabled`);
}
