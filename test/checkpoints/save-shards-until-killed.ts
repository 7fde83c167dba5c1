/**
 * Saves steps 10 and 20 and a last one as shards, and kills itself right before one of the operations that change the disk in
 * the last save. Arguments: folder, number of ranks, last step, which operation (counted from 1). Prints how many there were.
 */
import { dieAtOperation } from './deadly-operation.ts';

const [folder, worldSize, last, deadly] = process.argv.slice(2) as [string, string, string, string];
const operations = await dieAtOperation(Number(deadly));
const { CheckpointStore } = await import('../../checkpoints/store.ts');
const { shardingOf, stateOf, writeAll } = await import('./sharded-contents.ts');
const store = new CheckpointStore(folder, { keepLast: 2 });
for (const [i, step] of [10, 20, Number(last)].entries()) {
  if (i === 2) operations.start();
  const temporary = await store.begin(step);
  const files = await writeAll(temporary, step, Number(worldSize));
  await store.publish(step, { files, state: stateOf(step), sharding: shardingOf(Number(worldSize)) });
}
process.stdout.write(`${operations.count}\n`);
