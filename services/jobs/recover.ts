/**
 * A state that is new learns from the topics what was done before it: which jobs have ended, and which messages were rejected. So
 * nothing is done twice when the topics are read again from their beginning.
 */
import { messageOf } from '../../errors.ts';
import type { Message, MessageBus } from '../bus/message-bus.ts';
import { rejectionOf } from './dead-letters.ts';
import { decodeEvent, type EventDetail } from './events.ts';
import { FORGOTTEN_CODE } from './job-states.ts';
import type { JobStore } from './store.ts';
import { after, tell } from './tell.ts';
import { formatSource, INCOMING, replay, TOPICS } from './topics.ts';

const FORGOTTEN: EventDetail = {
  ...{ kind: 'failed', code: FORGOTTEN_CODE, willRetry: false, retryAt: '' },
  message: 'A server with a new state began at the end of the topics, and knows nothing of this job: submit it again.',
};
/** Messages in one change of the store. */
const BATCH = 500;

/**
 * @param from where to begin with the topics of jobs
 * @param onWarning told of what cannot be read
 * @param signal ends it, and the state stays new
 * @throws BusError, JobsError
 */
export async function recover(
  bus: MessageBus,
  store: JobStore,
  from: 'beginning' | 'end',
  onWarning: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const changes: (() => void)[] = [];
  const flush = () => {
    store.change(() => {
      for (const change of changes) change();
    });
    changes.length = 0;
  };
  const note = (change: () => void) => {
    if (changes.push(change) >= BATCH) flush();
  };
  const passOver = (topic: string, message: Message, problem: string) =>
    onWarning(`${formatSource(topic, message)} is passed over: ${problem}`);
  for await (const message of replay(bus, TOPICS.events, { signal })) {
    const event = decodeEvent(message.value);
    if ('problem' in event) passOver(TOPICS.events, message, event.problem);
    else note(() => store.putHistory(event.job, after(store.history(event.job), event)));
  }
  for await (const message of replay(bus, TOPICS.deadLetters, { signal })) {
    try {
      const rejection = rejectionOf(message);
      if (rejection) note(() => store.settle(rejection.source, rejection.time));
    } catch (error) {
      passOver(TOPICS.deadLetters, message, messageOf(error));
    }
  }
  flush();
  if (signal.aborted) return;
  const ranges = await Promise.all(INCOMING.map(async (topic) => ({ topic, ranges: await bus.ranges(topic) })));
  store.change(() => {
    const forgotten = store.forgetUnfinished();
    // From the beginning they come again.
    if (from === 'end') for (const id of forgotten) tell(store, id, FORGOTTEN);
    for (const { topic, ranges: partitions } of ranges) {
      for (const { partition, begin, end } of partitions) {
        store.putOffset(topic, { partition, offset: from === 'beginning' ? begin : end });
      }
    }
    store.setReady();
  });
}
