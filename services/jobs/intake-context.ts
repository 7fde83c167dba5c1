/** What jobs are taken in with, and what comes of it. */
import type { ResolvedConfig } from '../../training/config/config.ts';
import type { JobEvent } from './events.ts';
import type { JobObserver } from './observer.ts';
import type { Limits } from './queue.ts';
import type { Roots } from './roots.ts';
import type { JobStore } from './store.ts';

export interface IntakeContext {
  readonly store: JobStore;
  readonly roots: Roots;
  readonly outRoot: string;
  /** Where topics of images are. */
  readonly places: ResolvedConfig['bus'];
  readonly limits: Limits;
  /** Of a message on the bus. */
  readonly maximumMessageBytes: number;
  readonly observer?: Pick<JobObserver, 'accepted'>;
}

export interface Taken {
  readonly events: readonly JobEvent[];
  /** Running jobs that have to end. */
  readonly interrupts?: readonly string[];
}
