/** What others may see of the server's work besides its events, for metrics and traces. Nothing in it decides anything. */
import type { ActiveJob } from './queue.ts';
import type { JobStore } from './store.ts';
import type { TrainingLine } from './training-line.ts';

/** The server's state, to be looked at as long as it serves. */
export type ServerView = Pick<JobStore, 'active' | 'numToPublish' | 'offset'>;

export interface JobObserver {
  /** Once, when the server begins to take jobs in. */
  serving?(view: ServerView): void;
  /**
   * A job was accepted.
   * @param headers of its message
   * @returns the trace that it belongs to, as W3C `traceparent`, which is kept with the job
   */
  accepted?(id: string, headers: Readonly<Record<string, string>>): string | undefined;
  /** A process is started for a job. @returns variables for it */
  starting?(job: ActiveJob): Readonly<Record<string, string>>;
  /** What a training process tells. */
  training?(job: string, line: TrainingLine): void;
}
