/** A worker that is there for one training after another, whose coordinators listen at the same address by turns. */
import { setTimeout as wait } from 'node:timers/promises';
import { ActorError, type ActorErrorCode } from './runtime/index.ts';
import { runWorker, type WorkerOptions } from './worker-node.ts';

/** Nobody listens at the moment, or the last coordinator has not noticed yet that this process has left. */
const PASSING: readonly ActorErrorCode[] = ['CONNECT_FAILED', 'NODE_NAME_TAKEN'];

/** Milliseconds between two trainings; after one that did not want this process, twice as long each time. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

export type KeepWorkingOptions = WorkerOptions & { readonly signal: AbortSignal };

/** Works until the signal. @returns how many trainings it saw to their end @throws ActorError where it is not let in */
export async function keepWorking(options: KeepWorkingOptions): Promise<number> {
  const { signal } = options;
  // A worker that waits would say the same again and again.
  const said = new Set<string>();
  const onWarning = (message: string) => {
    if (!said.has(message)) options.onWarning(message);
    said.add(message);
  };
  let trainings = 0;
  let pause = FIRST_PAUSE;
  while (!signal.aborted) {
    const dismissal = await workOnce({ ...options, onWarning });
    if (signal.aborted) break;
    if (dismissal?.kind === 'finished') {
      trainings++;
      said.clear();
    }
    if (dismissal?.kind === 'refused') {
      pause = Math.min(2 * pause, LONGEST_PAUSE);
      onWarning(`${dismissal.reason}; another training may want this worker, which asks again in ${pause / 1000} s.`);
    } else pause = FIRST_PAUSE;
    await wait(pause, undefined, { signal }).catch(() => undefined);
  }
  return trainings;
}

/** @returns undefined where there is no training at the moment */
async function workOnce(options: KeepWorkingOptions) {
  try {
    return await runWorker(options);
  } catch (error) {
    if (error instanceof ActorError && PASSING.includes(error.code)) return undefined;
    throw error;
  }
}
