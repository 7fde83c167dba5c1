/** A job's state as the protocol has it. */
import { auspex } from '#protos/auspex.js';
import { propertiesOfResult } from '../../jobs/events.ts';
import type { JobState } from '../../jobs/job-states.ts';

const { JobState: Code } = auspex.v1;

const CODES: Readonly<Record<JobState['state'], auspex.v1.JobState>> = {
  queued: Code.JOB_STATE_QUEUED,
  running: Code.JOB_STATE_RUNNING,
  waiting: Code.JOB_STATE_WAITING,
  succeeded: Code.JOB_STATE_SUCCEEDED,
  failed: Code.JOB_STATE_FAILED,
  cancelled: Code.JOB_STATE_CANCELLED,
  rejected: Code.JOB_STATE_REJECTED,
};

export function statusOfJob({
  state,
  result,
  digest: _,
  parent,
  worse,
  ...fields
}: JobState): auspex.v1.JobStatus.$Properties {
  return {
    ...fields,
    parent: parent ?? '',
    worse: worse ?? '',
    state: CODES[state],
    result: result && propertiesOfResult(result),
  };
}

/** The states that a filter names. */
export function statesOf(codes: readonly auspex.v1.JobState[]): JobState['state'][] {
  const states = Object.entries(CODES) as [JobState['state'], auspex.v1.JobState][];
  return states.filter(([, code]) => codes.includes(code)).map(([state]) => state);
}
