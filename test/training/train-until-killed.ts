/** Trains as a process that can be killed: node train-until-killed.ts DATA OUT [KEY=VALUE ...]; prints each step, and 'saved STEP'. */
import { setTimeout } from 'node:timers/promises';
import { runTraining, tinyConfig } from './tiny-training.ts';

const [data, out, ...set] = process.argv.slice(2);
await runTraining(tinyConfig(data!, out!, ...set), {}, async (event) => {
  if (event.kind === 'checkpoint') console.log(`saved ${event.step}`);
  if (event.kind !== 'step') return;
  console.log(event.step);
  await setTimeout(30);
});
