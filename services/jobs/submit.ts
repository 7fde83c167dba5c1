/** Publishing a job, and following what happens to it. */
import { BusError } from '../../data/topics/bus-error.ts';
import type { MessageBus, TopicOffset } from '../bus/message-bus.ts';
import { partitionOfKey } from '../bus/partition-of-key.ts';
import { JobsError } from './errors.ts';
import { decodeEvent, type JobEvent, type Result } from './events.ts';
import { digestOfJob, type Job, subjectOf, type Work } from './job.ts';
import { encodeJob, keyOf } from './messages.ts';
import { formatSource, replay, TOPICS } from './topics.ts';

export interface Submitted {
  readonly id: string;
  /** Where the job lies now, topic:partition:offset. */
  readonly source: string;
}

/** @param headers for whoever takes the job in, such as its trace @throws BusError */
export async function publishJob(
  bus: MessageBus,
  job: Job,
  headers: Readonly<Record<string, string>> = {},
): Promise<Submitted> {
  const topic = job.kind === 'evaluation' ? TOPICS.evaluationRequests : TOPICS.jobs;
  const id = subjectOf(job);
  const [place] = await bus.publish(topic, [{ key: keyOf(id), value: encodeJob(job), headers }]);
  return { id, source: formatSource(topic, place!) };
}

/** Where the events of jobs end now: those of a job that is submitted later come after it. @throws BusError */
export async function eventsSoFar(bus: MessageBus): Promise<readonly TopicOffset[]> {
  return (await bus.ranges(TOPICS.events)).map(({ partition, end }) => ({ partition, offset: end }));
}

/**
 * Follows a job to its end.
 * @param from where its events may begin; all that there are are read without
 * @returns what it has made
 * @throws JobsError JOB_REJECTED, JOB_FAILED, JOB_CANCELLED; BusError
 */
export async function followJob(
  bus: MessageBus,
  job: Work,
  { id, source }: Submitted,
  from: readonly TopicOffset[] | undefined,
  onEvent: (event: JobEvent) => void,
): Promise<Result> {
  const digest = digestOfJob(job);
  const numPartitions = (await bus.ranges(TOPICS.events)).length;
  const partition = partitionOfKey(keyOf(id), numPartitions);
  let last = 0;
  // Until the job was accepted, events are those of another of the same id.
  let isOurs = false;
  for await (const { key, value } of replay(bus, TOPICS.events, { partition, from, follow: true })) {
    if (Buffer.from(key ?? []).toString() !== id) continue;
    const event = decodeEvent(value);
    if ('problem' in event || event.sequence <= last) continue;
    last = event.sequence;
    if (event.kind === 'accepted') isOurs = event.digest === digest;
    const concernsUs = event.kind === 'rejected' ? event.source === source : isOurs;
    if (!concernsUs) continue;
    onEvent(event);
    const result = endOf(event);
    if (result) return result;
  }
  throw new BusError('BUS_CLOSED', `The bus ended before ${id} did; the job goes on.`);
}

/** @throws JobsError where the job did not end well */
function endOf(event: JobEvent): Result | undefined {
  switch (event.kind) {
    case 'succeeded':
      return event.result;
    case 'failed':
      if (event.willRetry) return undefined;
      throw new JobsError('JOB_FAILED', `The job ${event.job} failed: ${event.message} (${event.code})`);
    case 'cancelled':
      throw new JobsError('JOB_CANCELLED', `The job ${event.job} was cancelled.`);
    case 'rejected':
      throw new JobsError('JOB_REJECTED', `The job ${event.job} was rejected: ${event.message} (${event.code})`);
    default:
      return undefined;
  }
}
