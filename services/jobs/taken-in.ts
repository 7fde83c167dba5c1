/** Waiting until a topic was taken in as far as it goes, which is noted in the store by whoever reads it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageBus, PartitionRange } from '../bus/message-bus.ts';
import type { JobStore } from './store.ts';

const POLL_MILLISECONDS = 20;
/** How long to wait while nothing is taken in: what a topic ends with may be no message, as after a transaction of Kafka. */
const STILL_MILLISECONDS = 10_000;

/** Resolves once all was taken in that a topic holds at the call, or the signal was given. */
export async function takenInSoFar(
  bus: MessageBus,
  store: JobStore,
  topic: string,
  signal: AbortSignal,
): Promise<void> {
  let ranges: readonly PartitionRange[] | undefined;
  let left = Number.POSITIVE_INFINITY;
  let moved = performance.now();
  while (!signal.aborted && performance.now() - moved < STILL_MILLISECONDS) {
    // A bus that is away comes back, or ends the server elsewhere.
    ranges ??= await bus.ranges(topic).catch(() => undefined);
    const now = ranges ? numLeft(store, topic, ranges) : left;
    if (now === 0) return;
    if (now < left || !ranges) moved = performance.now();
    left = now;
    await sleep(POLL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
}

function numLeft(store: JobStore, topic: string, ranges: readonly PartitionRange[]): number {
  return ranges.reduce((sum, { partition, begin, end }) => {
    const next = Math.max(begin, store.offset(topic, partition) ?? 0);
    return sum + Math.max(0, end - next);
  }, 0);
}
