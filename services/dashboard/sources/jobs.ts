/** What the first page shows: all jobs, how far the server has read, and what failed. */
import type { JobBoard } from '../../jobs/job-board.ts';
import type { JobState } from '../../jobs/job-states.ts';
import type { Source, Update } from '../channel.ts';
import type { TopicLag } from './topic-lag.ts';

/** Jobs that a page is given; the newest ones. All are counted. */
const MOST_JOBS = 200;
/** Milliseconds in which changes of a job are gathered: nobody reads faster. */
const GATHER = 250;
/** Milliseconds between looks at the topics' ends. */
const LOOK_EVERY = 3000;

export type JobCounts = Readonly<Record<JobState['state'], number>>;

export class JobsSource implements Source {
  readonly #board: JobBoard;
  readonly #lag: TopicLag;
  readonly #changed = new Map<string, JobState>();
  #timer: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => undefined;
  #topics: Update | undefined;
  #closed = false;

  constructor(board: JobBoard, lag: TopicLag) {
    this.#board = board;
    this.#lag = lag;
  }

  async open(publish: (update: Update) => void): Promise<void> {
    this.#unsubscribe = this.#board.subscribe((_, state) => {
      this.#changed.set(state.id, state);
      this.#timer ??= setTimeout(() => this.#tell(publish), GATHER);
    });
    await this.#look();
    if (this.#closed) return;
    const again = async () => {
      const before = JSON.stringify(this.#topics);
      await this.#look();
      if (this.#topics && JSON.stringify(this.#topics) !== before) publish(this.#topics);
      if (!this.#closed) this.#looking?.refresh();
    };
    this.#looking = setTimeout(() => void again(), LOOK_EVERY);
  }

  snapshot(): readonly Update[] {
    const jobs = { jobs: newest(this.#board.states(), MOST_JOBS), counts: countsOf(this.#board.states()) };
    return [...(this.#topics ? [this.#topics] : []), { event: 'jobs', data: jobs }];
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    clearTimeout(this.#timer);
    clearTimeout(this.#looking);
  }

  #tell(publish: (update: Update) => void): void {
    this.#timer = undefined;
    const jobs = [...this.#changed.values()];
    this.#changed.clear();
    publish({ event: 'changed', data: { jobs, counts: countsOf(this.#board.states()) } });
  }

  async #look(): Promise<void> {
    this.#topics = { event: 'topics', data: { topics: await this.#lag.incoming() } };
  }
}

export function newest(states: readonly JobState[], count: number): JobState[] {
  return [...states].sort((one, other) => (one.created < other.created ? 1 : -1)).slice(0, count);
}

export function countsOf(states: readonly JobState[]): JobCounts {
  const counts = { rejected: 0, queued: 0, running: 0, waiting: 0, succeeded: 0, failed: 0, cancelled: 0 };
  for (const { state } of states) counts[state]++;
  return counts;
}
