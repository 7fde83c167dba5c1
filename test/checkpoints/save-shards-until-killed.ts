/**
 * Saves steps 10 and 20 and a last one as shards, and kills itself right before one of the operations that change the disk in
 * the last save. Arguments: folder, number of ranks, last step, which operation (counted from 1). Prints how many there were.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const [folder, worldSize, last, deadly] = process.argv.slice(2) as [string, string, string, string];
let counting = false;
let operations = 0;

function countIn<Name extends string>(object: Record<Name, unknown>, name: Name, matters = (_: unknown[]) => true) {
  const original = object[name] as (...args: unknown[]) => unknown;
  object[name] = function (this: unknown, ...args: unknown[]) {
    if (counting && matters(args) && ++operations === Number(deadly)) process.kill(process.pid, 'SIGKILL');
    return original.apply(this, args);
  } as never;
}

const handle = await fs.open(import.meta.filename, 'r');
const handles = Object.getPrototypeOf(handle) as Record<'writeFile' | 'sync', unknown>;
await handle.close();
countIn(handles, 'writeFile');
countIn(handles, 'sync');
for (const name of ['mkdir', 'rename', 'rm'] as const) countIn(fs, name);
countIn(fs, 'open', ([, flags]) => flags !== 0);
syncBuiltinESMExports();

// The modules under test must see the functions above.
const { CheckpointStore } = await import('../../checkpoints/store.ts');
const { shardingOf, stateOf, writeAll } = await import('./sharded-contents.ts');
const store = new CheckpointStore(folder, { keepLast: 2 });
for (const [i, step] of [10, 20, Number(last)].entries()) {
  counting = i === 2;
  const temporary = await store.begin(step);
  const files = await writeAll(temporary, step, Number(worldSize));
  await store.publish(step, { files, state: stateOf(step), sharding: shardingOf(Number(worldSize)) });
}
process.stdout.write(`${operations}\n`);
