/** All that one look shows: the jobs in the order of interest, and the machine. */
import type { JobBoard } from '../../jobs/job-board.ts';
import type { JobState } from '../../jobs/job-states.ts';
import type { MachineLoad } from './machine.ts';

export interface Picture {
  /** ISO 8601 in UTC. */
  readonly time: string;
  /** Where the jobs are told of. */
  readonly bus: string;
  readonly machine: MachineLoad;
  readonly jobs: readonly JobState[];
}

const ORDER: readonly JobState['state'][] = [
  'running',
  'waiting',
  'queued',
  'failed',
  'succeeded',
  'cancelled',
  'rejected',
];
const NUM_ACTIVE = 3;

export function isActive({ state }: JobState): boolean {
  return ORDER.indexOf(state) < NUM_ACTIVE;
}

export function pictureOf(board: JobBoard, bus: string, machine: MachineLoad, now: Date): Picture {
  return { time: now.toISOString(), bus, machine, jobs: board.states().sort(byInterest) };
}

/** What is active first, the oldest of it at the top; then what has ended, the latest at the top. */
export function byInterest(one: JobState, other: JobState): number {
  const isOneActive = isActive(one);
  if (isOneActive !== isActive(other)) return isOneActive ? -1 : 1;
  if (!isOneActive) return compare(other.time, one.time) || compare(one.id, other.id);
  return (
    ORDER.indexOf(one.state) - ORDER.indexOf(other.state) ||
    compare(one.created, other.created) ||
    compare(one.id, other.id)
  );
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
