/**
 * Saves checkpoints until something kills it. Arguments: folder, first step, and the step at whose second tensor the
 * process kills itself (0: never).
 */
import { CheckpointStore } from '../../checkpoints/store.ts';
import { contentsOf } from './contents.ts';

const [folder, first, deadly] = process.argv.slice(2) as [string, string, string];
const store = new CheckpointStore(folder, { keepLast: 2, keepEvery: 10 });
for (let step = Number(first); ; step++) {
  const contents = contentsOf(step);
  if (step === Number(deadly)) {
    const fatal = {
      dtype: 'U8',
      shape: [1],
      data: () => process.kill(process.pid, 'SIGKILL') && new Uint8Array(1),
    } as const;
    await store.save(step, { ...contents, optimizer: new Map([...contents.optimizer, ['fatal', fatal]]) });
  }
  await store.save(step, contents);
  process.stdout.write(`${step}\n`);
}
