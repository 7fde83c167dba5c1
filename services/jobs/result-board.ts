/** What evaluations have measured, by the ids of their jobs, kept up to date as results come. */
import type { Message, MessageBus } from '../bus/message-bus.ts';
import { decodeResult, type EvaluationResult } from './events.ts';
import { TopicFollower } from './topic-follower.ts';
import { TOPICS } from './topics.ts';

export class ResultBoard {
  readonly #results = new Map<string, EvaluationResult>();
  readonly #awaited = new Map<string, Set<() => void>>();
  #follower!: TopicFollower;

  /** Resolves when the board knows all results that there were when it was called, or the signal was given. @throws BusError */
  static async open(bus: MessageBus, onWarning: (message: string) => void, signal?: AbortSignal): Promise<ResultBoard> {
    const board = new ResultBoard();
    const onMessage = ({ value, partition, offset }: Message) => {
      try {
        const result = decodeResult(value);
        board.#results.set(result.job, result);
        for (const tell of board.#awaited.get(result.job) ?? []) tell();
      } catch (error) {
        onWarning(
          `Message ${partition}:${offset} of topic ${TOPICS.results} is no result: ${(error as Error).message}`,
        );
      }
    };
    board.#follower = await TopicFollower.open(bus, TOPICS.results, onMessage, signal);
    return board;
  }

  get(job: string): EvaluationResult | undefined {
    return this.#results.get(job);
  }

  /** Waits for a result that is on its way: it lies in its topic before the job's end is told. */
  async wait(job: string, signal: AbortSignal): Promise<EvaluationResult> {
    const waiting = this.#awaited.get(job) ?? new Set();
    this.#awaited.set(job, waiting);
    for (;;) {
      const result = this.#results.get(job);
      if (result) return result;
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const tell = () => {
          waiting.delete(tell);
          if (waiting.size === 0) this.#awaited.delete(job);
          signal.removeEventListener('abort', tell);
          resolve();
        };
        waiting.add(tell);
        signal.addEventListener('abort', tell, { once: true });
      });
    }
  }

  /** In no order. */
  all(): EvaluationResult[] {
    return [...this.#results.values()];
  }

  close(): Promise<void> {
    return this.#follower.close();
  }
}
