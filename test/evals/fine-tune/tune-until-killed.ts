/** Fine-tunes, and prints the number of each step that is done. */
import { fineTune } from '../../../evals/fine-tune/fine-tune.ts';
import { photos, TINY, UNTRAINED } from './coloured.ts';

const classes = ['a', 'b', 'c', 'd'];
const split = photos(64, [0, 1, 2, 3]);
const pause = new Int32Array(new SharedArrayBuffer(4));
const onProgress = (done: number) => {
  process.stdout.write(`${done}\n`);
  Atomics.wait(pause, 0, 0, 30);
};
await fineTune({ model: UNTRAINED, split, classes, recipe: TINY, folder: process.argv[2]!, onProgress });
