/** What the events of all jobs tell, kept up to date as they come: for those who ask often, or want to hear at once. */
import type { Message, MessageBus } from '../bus/message-bus.ts';
import { decodeEvent, type JobEvent } from './events.ts';
import { type JobState, nextState } from './job-states.ts';
import { TopicFollower } from './topic-follower.ts';
import { TOPICS } from './topics.ts';

interface Known {
  readonly state: JobState;
  /** By sequence. Of progress only the latest is kept, so that a long job takes no more memory than a short one. */
  readonly events: readonly JobEvent[];
}

export type JobListener = (event: JobEvent, state: JobState) => void;

export class JobBoard {
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<JobListener>();
  readonly #onFailure = new Set<(error: unknown) => void>();
  #failure: { readonly error: unknown } | undefined;
  #follower!: TopicFollower;

  /** Resolves when the board knows all events that there were when it was called, or the signal was given. @throws BusError */
  static async open(bus: MessageBus, signal?: AbortSignal): Promise<JobBoard> {
    const board = new JobBoard();
    const onMessage = ({ value }: Message) => {
      const event = decodeEvent(value);
      // One of a newer version cannot be understood here.
      if (!('problem' in event)) board.#take(event);
    };
    board.#follower = await TopicFollower.open(bus, TOPICS.events, onMessage, signal);
    board.failed.catch((error: unknown) => {
      board.#failure = { error };
      for (const tell of board.#onFailure) tell(error);
    });
    return board;
  }

  /** Rejects when the bus fails, and never resolves: what the board says is then no longer true. */
  get failed(): Promise<never> {
    return this.#follower.failed;
  }

  get(id: string): JobState | undefined {
    return this.#known.get(id)?.state;
  }

  /** In no order. */
  states(): JobState[] {
    return [...this.#known.values()].map(({ state }) => state);
  }

  /** What has happened to a job, by sequence; of progress only the latest. */
  eventsOf(id: string): readonly JobEvent[] {
    return this.#known.get(id)?.events ?? [];
  }

  /**
   * Tells every event that comes from now on, each once.
   * @param onFailure told once no more will come, as `failed` says; at once where that is so already
   * @returns ends that
   */
  subscribe(listener: JobListener, onFailure: (error: unknown) => void = () => undefined): () => void {
    this.#listeners.add(listener);
    this.#onFailure.add(onFailure);
    if (this.#failure) onFailure(this.#failure.error);
    return () => {
      this.#listeners.delete(listener);
      this.#onFailure.delete(onFailure);
    };
  }

  close(): Promise<void> {
    return this.#follower.close();
  }

  #take(event: JobEvent): void {
    const before = this.#known.get(event.job);
    // An event may come more than once.
    if (event.sequence <= (before?.state.sequence ?? 0)) return;
    const state = nextState(before?.state, event);
    const earlier = event.kind === 'accepted' ? [] : (before?.events ?? []);
    const kept = event.kind === 'progress' ? earlier.filter(({ kind }) => kind !== 'progress') : earlier;
    this.#known.set(event.job, { state, events: [...kept, event] });
    for (const listener of this.#listeners) listener(event, state);
  }
}
