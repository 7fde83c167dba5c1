/**
 * What a reader has read ahead: the messages of each partition in order, so many bytes of each, and those who wait for some.
 *
 *     bus ──add──▶ [partition 0: 17 18 19]  ──take──▶ caller
 *                  [partition 1: 4 5     ]
 */
import { BusError } from '../../data/topics/bus-error.ts';
import { type Message, messageBytes, type TopicOffset } from '../../data/topics/topic-reading.ts';

interface Lane {
  /** The offset that has to come next. */
  next: number;
  readonly messages: Message[];
  bytes: number;
  paused: boolean;
}

export class ReaderQueue {
  readonly #lanes = new Map<number, Lane>();
  readonly #budget: number;
  /** Told of a partition that has room again. */
  readonly #onRoom: (partition: number) => void;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;
  #turn = 0;

  constructor(
    from: readonly TopicOffset[],
    maximumBytes: number,
    onRoom: (partition: number) => void = () => undefined,
  ) {
    this.#budget = maximumBytes / Math.max(1, from.length);
    this.#onRoom = onRoom;
    for (const { partition, offset } of from) {
      this.#lanes.set(partition, { next: offset, messages: [], bytes: 0, paused: false });
    }
  }

  get partitions(): number[] {
    return [...this.#lanes.keys()];
  }

  /** Whether there is something to take at once. */
  get hasMessages(): boolean {
    return [...this.#lanes.values()].some(({ paused, messages }) => !paused && messages.length > 0);
  }

  /** The offset that has to be added next. */
  next(partition: number): number {
    return this.#lane(partition).next;
  }

  hasRoom(partition: number): boolean {
    return this.#lane(partition).bytes < this.#budget;
  }

  isPaused(partition: number): boolean {
    return this.#lane(partition).paused;
  }

  /** @param messages of a partition, in order; those before the next offset are known already. */
  add(partition: number, messages: readonly Message[]): void {
    const lane = this.#lane(partition);
    for (const message of messages) {
      if (message.offset < lane.next) continue;
      lane.messages.push(message);
      lane.bytes += messageBytes(message);
      lane.next = message.offset + 1;
    }
    this.#wake();
  }

  /** Every later call of `take` throws this. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  seek({ partition, offset }: TopicOffset): void {
    const lane = this.#lane(partition);
    lane.next = offset;
    lane.messages.length = 0;
    lane.bytes = 0;
  }

  pause(partition: number): void {
    this.#lane(partition).paused = true;
  }

  resume(partition: number): void {
    this.#lane(partition).paused = false;
    this.#wake();
  }

  /** What there is of one partition that is not paused, each in turn; waits for some. */
  async take(signal?: AbortSignal): Promise<readonly Message[]> {
    while (true) {
      if (this.#failure) throw this.#failure;
      if (signal?.aborted) return [];
      const partitions = this.partitions;
      for (let i = 0; i < partitions.length; i++) {
        const partition = partitions[(this.#turn + i) % partitions.length]!;
        const lane = this.#lane(partition);
        if (lane.paused || lane.messages.length === 0) continue;
        this.#turn = (this.#turn + i + 1) % partitions.length;
        const taken = lane.messages.splice(0);
        lane.bytes = 0;
        this.#onRoom(partition);
        return taken;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        this.#wake = wake;
        signal?.addEventListener('abort', wake, { once: true });
      });
    }
  }

  #lane(partition: number): Lane {
    const lane = this.#lanes.get(partition);
    if (lane) return lane;
    throw new BusError('PARTITION_NOT_FOUND', `Partition ${partition} is none that this reader reads.`);
  }
}
