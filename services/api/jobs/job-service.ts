/** JobService (protos/auspex/v1/job_service.proto): requests go out over the bus, and answers come from what the events tell. */
import { randomUUID } from 'node:crypto';
import { auspex } from '#protos/auspex.js';
import type { MessageBus } from '../../bus/message-bus.ts';
import { JobsError, RejectionError } from '../../jobs/errors.ts';
import { type JobEvent, propertiesOfEvent } from '../../jobs/events.ts';
import { digestOfJob, type Job } from '../../jobs/job.ts';
import type { JobBoard } from '../../jobs/job-board.ts';
import type { JobState } from '../../jobs/job-states.ts';
import { decodeJob, isBadJob, JOB_SCHEMA, keyOf } from '../../jobs/messages.ts';
import { publishJob } from '../../jobs/submit.ts';
import type { AuditLog } from '../access/audit-log.ts';
import type { JOB_SERVICE } from '../contract.ts';
import { JobRejectedError } from '../errors.ts';
import { pageOf } from '../rpc/requests.ts';
import type { Handlers } from '../rpc/serve-methods.ts';
import { followEvents } from './job-events.ts';
import { statesOf, statusOfJob } from './job-status.ts';
import { News } from './news.ts';

export interface JobServiceContext {
  readonly bus: MessageBus;
  readonly board: JobBoard;
  readonly audit: AuditLog;
}

export function jobService({ bus, board, audit }: JobServiceContext): Handlers<typeof JOB_SERVICE> {
  const find = (id: string): JobState => {
    const state = board.get(id);
    if (state) return state;
    throw new JobsError('JOB_NOT_FOUND', `There is no job ${id}.`);
  };
  return {
    async submitJob(request, { caller, signal, traceparent }) {
      const job = jobOf({ id: request.id || randomUUID(), training: request.training, evaluation: request.evaluation });
      if (job.kind === 'cancellation') throw new RejectionError('UNKNOWN_KIND', 'CancelJob gives a job up.');
      const digest = digestOfJob(job);
      await audit.write({ caller, action: 'SubmitJob', subject: job.id, details: { digest } });
      const isTaken = () => (board.get(job.id)?.digest === digest ? board.get(job.id) : undefined);
      return statusOfJob(isTaken() ?? (await hand(job, isTaken, signal, traceparent)));
    },

    async getJob({ id }) {
      return statusOfJob(find(id));
    },

    async listJobs({ states, work, idPrefix, parent, pageSize, pageToken }) {
      const wanted = statesOf(states);
      const jobs = board
        .states()
        .filter((job) => states.length === 0 || wanted.includes(job.state))
        .filter((job) => (work === '' || job.work === work) && job.id.startsWith(idPrefix))
        .filter((job) => parent === '' || job.parent === parent);
      const { items, nextPageToken } = pageOf(jobs, ({ created, id }) => `${created} ${id}`, { pageSize, pageToken });
      return { jobs: items.map(statusOfJob), nextPageToken };
    },

    async cancelJob({ id }, { caller, signal }) {
      const job = jobOf({ cancellation: { job: id } });
      await audit.write({ caller, action: 'CancelJob', subject: id });
      const before = find(id);
      if (before.state === 'cancelled') return statusOfJob(before);
      const hasMoved = () => {
        const now = find(id);
        return now.state === 'running' || now.state === 'cancelled' ? now : undefined;
      };
      return statusOfJob(await hand(job, hasMoved, signal));
    },

    async *streamJobEvents({ id, afterSequence }, { signal }) {
      find(id);
      for await (const event of followEvents(board, id, afterSequence, signal)) yield propertiesOfEvent(event);
    },
  };

  /**
   * Publishes a job and waits for what it leads to.
   * @param outcome what is waited for, once it is there
   * @throws JobRejectedError
   */
  async function hand(
    job: Job,
    outcome: () => JobState | undefined,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<JobState> {
    const rejections: Extract<JobEvent, { kind: 'rejected' }>[] = [];
    const news = new News(board, signal, (event) => {
      if (event.kind === 'rejected') rejections.push(event);
    });
    try {
      const { source } = await publishJob(bus, job, traceparent === undefined ? {} : { traceparent });
      for (;;) {
        const rejection = rejections.find((event) => event.source === source);
        if (rejection) throw new JobRejectedError(rejection.code, rejection.message);
        const state = outcome();
        if (state) return state;
        await news.next();
      }
    } finally {
      news.end();
    }
  }
}

/** Checked as what comes over the bus is. @throws RejectionError */
function jobOf({
  id,
  ...work
}: Pick<auspex.v1.Job.$Properties, 'id' | 'training' | 'evaluation' | 'cancellation'>): Job {
  const value = auspex.v1.Job.encode({ schema: JOB_SCHEMA, id, ...work }).finish();
  const job = decodeJob({ key: keyOf(work.cancellation?.job ?? id ?? ''), value, headers: {} });
  if (isBadJob(job)) throw new RejectionError(job.code, job.message);
  return job;
}
