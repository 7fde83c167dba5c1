/** One fault after another, each when the training has gone on after the one before, and what each one cost. */
import { setTimeout as wait } from 'node:timers/promises';
import { type FaultName, kindOf } from './faults.ts';
import type { Log, Victim } from './training.ts';
import type { Heard } from './watch.ts';

export interface Hit {
  readonly fault: FaultName;
  readonly survived: boolean;
  /** Seconds from the fault to the first step of those who go on, and to the first that had not been made before. */
  readonly toFirstStep: number;
  readonly toNewStep: number;
  /** Steps that were made again. */
  readonly repeated: number;
  /** Seconds that the fault itself lasted. */
  readonly lasted: number;
  readonly problem?: string;
}

/** Seconds after a fault is over in which the training has to be beyond where it was. */
const PATIENCE = 60;

/** Rejects never: that the training did not survive is in the result. */
export async function hitWith(fault: FaultName, victim: Victim, random: () => number, log: Log): Promise<Hit> {
  const { watch } = victim;
  await wait(random() * 800); // at any moment of a step, a save, a recovery
  const from = watch.heard.length;
  const begin = performance.now();
  log.tell(`  ${fault}, after step ${watch.furthest}`);
  let lasted = 0;
  try {
    const ended = victim.ended.then((how) => Promise.reject(new Error(`the training ended: ${how}`)));
    await Promise.race([victim.hit(fault, random), ended]);
    lasted = (performance.now() - begin) / 1000;
    const { first, beyond } = await Promise.race([recovery(fault, victim, from), ended]);
    const repeated = repeatedSteps(watch.heard, from);
    const seconds = ({ at }: Heard) => (at - begin) / 1000;
    log.tell(`    at step ${beyond.step} after ${seconds(beyond).toFixed(2)} s, ${repeated} steps repeated`);
    return { fault, survived: true, toFirstStep: seconds(first), toNewStep: seconds(beyond), repeated, lasted };
  } catch (error) {
    const problem = (error as Error).message;
    log.tell(`    NOT SURVIVED: ${problem}`);
    const never = Number.POSITIVE_INFINITY;
    return { fault, survived: false, toFirstStep: never, toNewStep: never, repeated: 0, lasted, problem };
  }
}

/** Waits until the training makes steps that it had not made before. */
async function recovery(fault: FaultName, { watch }: Victim, from: number): Promise<{ first: Heard; beyond: Heard }> {
  const patience = PATIENCE * 1000;
  if (kindOf(fault).breaksWorld) {
    // Steps that were under way when it was hit are still heard of.
    await watch.until(({ event }) => event === 'world', from, patience, 'another world');
  }
  for (;;) {
    const world = watch.heard.findLastIndex(({ event }, index) => index >= from && event === 'world');
    const begin = world < 0 ? from : world;
    const reached = furthest(watch.heard.slice(0, begin));
    const first = await watch.until(isStep, begin, patience, 'a step');
    const further = (heard: Heard) => isStep(heard) && heard.step! > reached;
    const beyond = await watch.until(further, begin, patience, `a step after ${reached}`);
    const another = watch.heard.some(({ event }, index) => index > begin && event === 'world');
    if (!another) return { first, beyond };
  }
}

function isStep({ event }: Heard): boolean {
  return event === 'step';
}

function furthest(heard: readonly Heard[]): number {
  return heard.reduce((most, { event, step }) => (event === 'step' ? Math.max(most, step!) : most), 0);
}

/** Steps heard of again since then. */
function repeatedSteps(heard: readonly Heard[], from: number): number {
  const seen = new Set(
    heard
      .slice(0, from)
      .filter(isStep)
      .map(({ step }) => step),
  );
  let repeated = 0;
  for (const { step } of heard.slice(from).filter(isStep)) {
    if (seen.has(step)) repeated++;
    seen.add(step);
  }
  return repeated;
}
