/** One rank of a case of the plan benchmark, in a process of its own so that its memory is its own. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { hasBf16 } from '../kernels/executor.ts';
import { sharedAmongRanks } from '../services/ranks/launcher.ts';
import { loadConfig } from '../training/config/config.ts';
import { madeUpCrops } from '../training/profile/crop-source.ts';
import { runSteps } from '../training/profile/profile.ts';
import { openRankStep, openStep } from '../training/profile/step-runner.ts';
import { secondsOf } from '../training/profile/timed-step.ts';
import { median } from './bench.ts';
import { rankMain } from './rank-process.ts';

export interface PlanCaseArguments {
  readonly preset: string;
  readonly set: readonly string[];
  readonly steps: number;
}

export interface PlanCaseResult {
  readonly stepSeconds: number;
  /** What a step adds to a process in which one has run before, and left its kernels. */
  readonly residentBytes: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Of this process, after garbage is gone: its own pages, and of those that ranks share its share, so that ranks add up to what they take. */
function residentBytes(): number {
  collectGarbage();
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
  return 1024 * Number(/^Pss: +(\d+) kB$/m.exec(rollup)![1]);
}

rankMain<PlanCaseArguments, PlanCaseResult>(async ({ rank, size, args, meet }) => {
  hasBf16(); // loads the addon
  const config = sharedAmongRanks(loadConfig({ preset: args.preset, set: args.set }), size);
  const crops = madeUpCrops(config, size);
  const open = async () => (size === 1 ? openStep(config) : openRankStep(config, { rank, worldSize: size }, meet));
  const together = () => meet(new Uint8Array());
  const first = await open();
  await runSteps(first, crops, 1);
  first.close();
  await together();
  const before = residentBytes();
  const runner = await open();
  const steps = await runSteps(runner, crops, args.steps);
  const added = residentBytes() - before;
  await together(); // nobody gives memory back before all have looked
  runner.close();
  return { stepSeconds: median(steps.map(secondsOf)), residentBytes: added };
});
