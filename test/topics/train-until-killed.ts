/** Trains on a topic as a process that can be killed: node train-until-killed.ts DATA OUT [KEY=VALUE ...]; prints each step. */
import { setTimeout } from 'node:timers/promises';
import { openBusAt } from '../../services/bus/open-bus.ts';
import { runTraining, tinyConfig } from '../training/tiny-training.ts';

const [data, out, ...set] = process.argv.slice(2);
await runTraining(tinyConfig(data!, out!, ...set), { openBus: openBusAt }, async (event) => {
  if (event.kind !== 'step') return;
  console.log(event.step);
  await setTimeout(30);
});
