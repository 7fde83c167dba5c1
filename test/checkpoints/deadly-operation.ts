/** Kills this process right before one of the operations that change the disk. To be called before the modules under test load. */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

export interface DiskOperations {
  /** Begins to count. */
  start(): void;
  readonly count: number;
}

/** @param deadly which operation after `start`, counted from 1; 0: none. */
export async function dieAtOperation(deadly: number): Promise<DiskOperations> {
  let counting = false;
  let count = 0;
  function countIn<Name extends string>(object: Record<Name, unknown>, name: Name, matters = (_: unknown[]) => true) {
    const original = object[name] as (...args: unknown[]) => unknown;
    object[name] = function (this: unknown, ...args: unknown[]) {
      if (counting && matters(args) && ++count === deadly) process.kill(process.pid, 'SIGKILL');
      return original.apply(this, args);
    } as never;
  }
  const handle = await fs.open(import.meta.filename, 'r');
  const handles = Object.getPrototypeOf(handle) as Record<'writeFile' | 'write' | 'sync', unknown>;
  await handle.close();
  for (const name of ['writeFile', 'write'] as const) countIn(handles, name);
  countIn(handles, 'sync');
  for (const name of ['mkdir', 'rename', 'rm'] as const) countIn(fs, name);
  countIn(fs, 'open', ([, flags]) => flags !== 0 && flags !== 'r');
  syncBuiltinESMExports();
  return {
    start: () => {
      counting = true;
    },
    get count() {
      return count;
    },
  };
}
