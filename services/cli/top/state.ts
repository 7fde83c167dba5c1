/** What the keys do, as a function of plain data. */
import type { JobState } from '../../jobs/job-states.ts';
import { isActive } from './picture.ts';

export interface TopState {
  /** Id of a job. */
  readonly selected: string | undefined;
  /** Its details are shown. */
  readonly isOpen: boolean;
  /** Whether it is to be cancelled is being asked. */
  readonly asking: boolean;
  /** Said until the next key. */
  readonly note: string | undefined;
}

export type TopEffect = { readonly kind: 'quit' } | { readonly kind: 'cancel'; readonly job: string };

/** As node:readline names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

export const START: TopState = { selected: undefined, isOpen: false, asking: false, note: undefined };

/** One of the jobs is selected where there are any, also when the selected one has gone. */
export function withJobs(state: TopState, jobs: readonly JobState[]): TopState {
  if (jobs.some(({ id }) => id === state.selected)) return state;
  return { ...START, selected: jobs[0]?.id, note: state.note };
}

export function press(before: TopState, key: Key, jobs: readonly JobState[]): readonly [TopState, TopEffect?] {
  const state = { ...before, note: undefined };
  const { selected } = state;
  if ((key.ctrl && key.name === 'c') || (!state.asking && key.name === 'q')) return [state, { kind: 'quit' }];
  if (state.asking) {
    const answered = { ...state, asking: false };
    if (key.name === 'y' && selected !== undefined) return [answered, { kind: 'cancel', job: selected }];
    return [answered];
  }
  switch (key.name) {
    case 'up':
    case 'k':
      return [moved(state, jobs, -1)];
    case 'down':
    case 'j':
      return [moved(state, jobs, 1)];
    case 'return':
    case 'right':
      return [{ ...state, isOpen: selected !== undefined }];
    case 'escape':
    case 'left':
      return [{ ...state, isOpen: false }];
    case 'c': {
      const job = jobs.find(({ id }) => id === selected);
      if (!job) return [state];
      return [
        isActive(job) ? { ...state, asking: true } : { ...state, note: `${job.id} has ${ENDS[job.state] ?? 'ended'}.` },
      ];
    }
    default:
      return [state];
  }
}

const ENDS: Readonly<Record<string, string>> = { cancelled: 'been cancelled', rejected: 'been rejected' };

function moved(state: TopState, jobs: readonly JobState[], by: number): TopState {
  const at = jobs.findIndex(({ id }) => id === state.selected);
  const to = Math.max(0, Math.min(jobs.length - 1, at + by));
  return { ...state, selected: jobs[to]?.id };
}
