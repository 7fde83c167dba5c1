/** What evaluations have measured, by the ids of their jobs, kept up to date as results come. */
import type { Message, MessageBus } from '../bus/message-bus.ts';
import { decodeResult, type EvaluationResult } from './events.ts';
import { TopicFollower } from './topic-follower.ts';
import { TOPICS } from './topics.ts';

export class ResultBoard {
  readonly #results = new Map<string, EvaluationResult>();
  #follower!: TopicFollower;

  /** Resolves when the board knows all results that there were when it was called, or the signal was given. @throws BusError */
  static async open(bus: MessageBus, onWarning: (message: string) => void, signal?: AbortSignal): Promise<ResultBoard> {
    const board = new ResultBoard();
    const onMessage = ({ value, partition, offset }: Message) => {
      try {
        const result = decodeResult(value);
        board.#results.set(result.job, result);
      } catch (error) {
        onWarning(
          `Message ${partition}:${offset} of topic ${TOPICS.results} is no result: ${(error as Error).message}`,
        );
      }
    };
    board.#follower = await TopicFollower.open(bus, TOPICS.results, onMessage, signal);
    return board;
  }

  /** Rejects when the bus fails, and never resolves: what comes is then no longer known. */
  get failed(): Promise<never> {
    return this.#follower.failed;
  }

  get(job: string): EvaluationResult | undefined {
    return this.#results.get(job);
  }

  /** Looks through all results that there are now, also those that are on their way to the board. @throws BusError */
  async find(job: string, signal: AbortSignal): Promise<EvaluationResult | undefined> {
    if (!this.#results.has(job)) await this.#follower.caughtUp(signal);
    return this.#results.get(job);
  }

  /** In no order. */
  all(): EvaluationResult[] {
    return [...this.#results.values()];
  }

  close(): Promise<void> {
    return this.#follower.close();
  }
}
