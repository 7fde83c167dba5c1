/** A reader of Kafka whose client goes through what a broker brings about only by chance: a stand-in for kafkajs, told when to go on. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { type ConsumerRunConfig, type EachBatchPayload, type Kafka, KafkaJSNonRetriableError } from 'kafkajs';
import { KafkaReader } from '../../services/bus/kafka-reader.ts';
import type { PartitionRange } from '../../services/bus/message-bus.ts';

/** As kafkajs behaves: who disconnects while a group is being joined leaves none, and the group is joined all the same. */
class Client extends EventEmitter {
  readonly events = { GROUP_JOIN: 'join', CRASH: 'crash' } as const;
  readonly #stopsAt: string | undefined;
  #run: ConsumerRunConfig | undefined;
  #reach!: () => void;
  isConnected = false;
  isMember = false;
  /** Resolves when it waits in its step, or is a member of its group. */
  readonly reached = new Promise<void>((resolve) => {
    this.#reach = resolve;
  });
  goOn: () => void = () => undefined;

  /** @param stopsAt the step in which it waits until it is told to go on */
  constructor(stopsAt: string | undefined) {
    super();
    this.#stopsAt = stopsAt;
  }

  async connect(): Promise<void> {
    await this.#gate('connect');
    this.isConnected = true;
  }

  async subscribe(): Promise<void> {
    await this.#gate('subscribe');
  }

  async run(config: ConsumerRunConfig): Promise<void> {
    await this.#gate('run');
    this.isMember = true;
    this.#run = config;
    this.emit('join');
    this.#reach();
  }

  async disconnect(): Promise<void> {
    this.isConnected = false;
    this.isMember = false;
    this.#run = undefined;
  }

  seek(): void {
    if (!this.#run) throw new KafkaJSNonRetriableError('between two groups');
  }

  pause(): void {}

  resume(): void {}

  crash(): void {
    void this.disconnect();
    const error = Object.assign(new Error('gone'), { name: 'KafkaJSConnectionError' });
    this.emit('crash', { payload: { error, restart: false } });
  }

  /** Hands over messages of partition 0. */
  give(...offsets: number[]): Promise<void> {
    const messages = offsets.map((offset) => ({ offset: String(offset), key: null, value: Buffer.from([offset]) }));
    const payload = {
      batch: { partition: 0, messages, highWatermark: '100' },
      isStale: () => false,
      isRunning: () => this.#run !== undefined,
    };
    return this.#run!.eachBatch!(payload as unknown as EachBatchPayload);
  }

  async #gate(step: string): Promise<void> {
    if (this.#stopsAt !== step) return;
    await new Promise<void>((resolve) => {
      this.goOn = resolve;
      this.#reach();
    });
  }
}

describe('a reader of Kafka', () => {
  const clients: Client[] = [];
  let made: EventEmitter;
  /** The step that clients wait in. */
  let stopsAt: string | undefined;
  let ranges: () => Promise<PartitionRange[]>;
  let reader: KafkaReader;

  beforeEach(async () => {
    clients.length = 0;
    made = new EventEmitter();
    stopsAt = undefined;
    ranges = async () => [{ partition: 0, begin: 0, end: 100 }];
    const consumer = () => {
      const client = new Client(stopsAt);
      clients.push(client);
      made.emit('client', client);
      return client;
    };
    const bus = { name: 'Kafka', kafka: { consumer } as unknown as Kafka, ranges: () => ranges() };
    reader = new KafkaReader(bus, 'topic', [{ partition: 0, offset: 0 }], 1000, () => undefined);
    await reader.open();
  });
  afterEach(() => reader.close());

  /** The client that takes the place of one that has crashed. */
  async function crash(): Promise<Client> {
    const coming = once(made, 'client');
    clients.at(-1)!.crash();
    const [next]: Client[] = await coming;
    await next!.reached;
    return next!;
  }

  const offsets = async () => (await reader.read()).map(({ offset }) => offset);

  it('goes on where it was after a crash', async () => {
    await clients[0]!.give(0, 1);
    const next = await crash();
    await next.give(1, 2, 3);
    assert.deepEqual(await offsets(), [0, 1, 2, 3]);
  });

  it('takes nothing of a client that has crashed while it was asked why messages are missing', async () => {
    let answer: (ranges: PartitionRange[]) => void = () => undefined;
    ranges = () => new Promise((resolve) => (answer = resolve));
    // Compaction has left a gap before 5.
    const giving = clients[0]!.give(5, 6);
    const next = await crash();
    reader.seek({ partition: 0, offset: 2 });
    answer([{ partition: 0, begin: 0, end: 100 }]);
    await giving;
    await next.give(2, 3, 4, 5, 6);
    assert.deepEqual(await offsets(), [2, 3, 4, 5, 6]);
  });

  for (const step of ['connect', 'subscribe', 'run']) {
    it(`leaves nobody in a group where it is closed in '${step}' of a new start`, async () => {
      stopsAt = step;
      const next = await crash();
      const closing = reader.close();
      next.goOn();
      await closing;
      await turn();
      assert.deepEqual([next.isConnected, next.isMember], [false, false]);
    });
  }
});
