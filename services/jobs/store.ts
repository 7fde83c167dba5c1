/**
 * What the server must not forget, in an LMDB store in a folder: the jobs, how far the topics were read, and what is to be told. One
 * transaction changes all of them, so that a kill at any moment leaves them as they were before it or after it.
 *
 *     active     id                  ──▶ the job, its state, its attempts
 *     history    id                  ──▶ number of its last event, digest, how it ended
 *     offsets    [topic, partition]  ──▶ the next message to read
 *     outbox     number              ──▶ a message that is to be published
 *     settled    topic:partition:offset of messages that were rejected ──▶ when: they are not read again from the beginning
 *     meta       format, ready
 */
import { mkdirSync } from 'node:fs';
import type { Database, RootDatabase } from 'lmdb';
import { messageOf } from '../../errors.ts';
import { RunError } from '../../training/run/run-errors.ts';
import { lockRunFolder, type RunLock } from '../../training/run/run-lock.ts';
import type { OutgoingMessage, TopicOffset } from '../bus/message-bus.ts';
import { openStore } from '../bus/open-store.ts';
import { JobsError } from './errors.ts';
import type { ActiveJob, History } from './queue.ts';

const FORMAT = 1;
/** Milliseconds by which the clock of a machine that publishes may be ahead of the server's. */
const CLOCKS_DIFFER = 60_000;

export interface ToPublish {
  readonly topic: string;
  readonly message: OutgoingMessage;
}

export class JobStore {
  readonly #folder: string;
  readonly #lock: RunLock;
  readonly #root: RootDatabase;
  readonly #active: Database<ActiveJob, string>;
  readonly #history: Database<History, string>;
  readonly #offsets: Database<number, [string, number]>;
  readonly #outbox: Database<ToPublish, number>;
  readonly #settled: Database<number, string>;
  readonly #meta: Database<number, string>;
  /** What lies in `active`: it is looked through often, and is never more than the queue may hold. */
  readonly #jobs: Map<string, ActiveJob>;
  #nextOut: number;
  #numToPublish: number;
  #nextOrder: number;

  /** @throws JobsError STATE_LOCKED, STATE_FAILED */
  static open(folder: string): JobStore {
    let lock: RunLock | undefined;
    try {
      mkdirSync(folder, { recursive: true });
      lock = lockRunFolder(folder);
      return new JobStore(folder, lock);
    } catch (cause) {
      lock?.release();
      if (cause instanceof JobsError) throw cause;
      if (cause instanceof RunError && cause.code === 'RUN_FOLDER_LOCKED') {
        const message = `Another process serves from ${folder}; run.lock there names it. End it first, or give another --state.`;
        throw new JobsError('STATE_LOCKED', message, { cause });
      }
      const message = `The state in ${folder} cannot be used: ${messageOf(cause)}. Give a folder on a local disk that can be written.`;
      throw new JobsError('STATE_FAILED', message, { cause });
    }
  }

  private constructor(folder: string, lock: RunLock) {
    this.#folder = folder;
    this.#lock = lock;
    this.#root = openStore(folder, { maxDbs: 8, overlappingSync: false });
    this.#active = this.#root.openDB({ name: 'active', encoding: 'json' });
    this.#history = this.#root.openDB({ name: 'history', encoding: 'json' });
    this.#offsets = this.#root.openDB({ name: 'offsets', encoding: 'json' });
    this.#outbox = this.#root.openDB({ name: 'outbox', encoding: 'msgpack' });
    this.#settled = this.#root.openDB({ name: 'settled', encoding: 'json' });
    this.#meta = this.#root.openDB({ name: 'meta', encoding: 'json' });
    const format = this.#meta.get('format') ?? FORMAT;
    if (format > FORMAT) {
      const message = `The state in ${folder} was written by a newer Auspex (format ${format}; this one knows ${FORMAT}).`;
      throw new JobsError('STATE_FAILED', message);
    }
    const [lastOut] = this.#outbox.getKeys({ reverse: true, limit: 1 });
    this.#nextOut = (lastOut ?? 0) + 1;
    this.#numToPublish = this.#outbox.getKeysCount();
    this.#jobs = new Map([...this.#active.getRange()].map(({ key, value }) => [key, value]));
    this.#nextOrder = Math.max(0, ...this.active().map(({ order }) => order)) + 1;
  }

  /**
   * Changes several things at once; when it returns they are on the disk. After what it throws, open the store anew.
   * @throws JobsError STATE_FAILED
   */
  change<T>(work: () => T): T {
    let failure: unknown;
    try {
      return this.#root.transactionSync(() => {
        try {
          return work();
        } catch (error) {
          failure = error;
          throw error;
        }
      });
    } catch (cause) {
      if (failure !== undefined) throw failure;
      const message = `The state in ${this.#folder} cannot be written: ${messageOf(cause)}. Make room or mend the disk, then serve again.`;
      throw new JobsError('STATE_FAILED', message, { cause });
    }
  }

  /** False until the topics were read for the first time. */
  get isReady(): boolean {
    return this.#meta.get('ready') === 1;
  }

  setReady(): void {
    this.#meta.putSync('format', FORMAT);
    this.#meta.putSync('ready', 1);
  }

  active(): ActiveJob[] {
    return [...this.#jobs.values()];
  }

  job(id: string): ActiveJob | undefined {
    return this.#jobs.get(id);
  }

  putJob(job: ActiveJob): void {
    this.#active.putSync(job.id, job);
    this.#jobs.set(job.id, job);
  }

  removeJob(id: string): void {
    this.#active.removeSync(id);
    this.#jobs.delete(id);
  }

  /** A place at the end of the queue. */
  takeOrder(): number {
    return this.#nextOrder++;
  }

  history(id: string): History | undefined {
    return this.#history.get(id);
  }

  putHistory(id: string, history: History): void {
    this.#history.putSync(id, history);
  }

  /** Jobs whose end is not known are as if they had never been accepted. @returns their ids */
  forgetUnfinished(): string[] {
    const unfinished = [...this.#history.getRange()].filter(
      ({ value }) => value.ended === null && value.digest !== null,
    );
    for (const { key, value } of unfinished) this.putHistory(key, { ...value, digest: null });
    return unfinished.map(({ key }) => key);
  }

  offset(topic: string, partition: number): number | undefined {
    return this.#offsets.get([topic, partition]);
  }

  putOffset(topic: string, { partition, offset }: TopicOffset): void {
    this.#offsets.putSync([topic, partition], offset);
  }

  /** Whether a message was rejected; one that was published after that is another, in a topic that was made anew. */
  isSettled(source: string, published: number): boolean {
    const rejected = this.#settled.get(source);
    return rejected !== undefined && published <= rejected + CLOCKS_DIFFER;
  }

  /** @param time in milliseconds since 1970 */
  settle(source: string, time: number): void {
    this.#settled.putSync(source, Math.max(time, this.#settled.get(source) ?? 0));
  }

  /** To be published after all that was put here before. */
  send(topic: string, message: OutgoingMessage): void {
    this.#outbox.putSync(this.#nextOut++, { topic, message });
    this.#numToPublish++;
  }

  get numToPublish(): number {
    return this.#numToPublish;
  }

  /** The oldest messages that are to be published: so many, and so many bytes or one message. */
  toPublish(count: number, bytes: number): { readonly number: number; readonly entry: ToPublish }[] {
    const found: { readonly number: number; readonly entry: ToPublish }[] = [];
    let total = 0;
    for (const { key, value } of this.#outbox.getRange({ limit: count })) {
      total += value.message.value.byteLength;
      if (found.length > 0 && total > bytes) break;
      found.push({ number: key, entry: value });
    }
    return found;
  }

  /** Removes what was published. */
  published(numbers: readonly number[]): void {
    this.change(() => {
      for (const number of numbers) this.#outbox.removeSync(number);
    });
    this.#numToPublish -= numbers.length;
  }

  async close(): Promise<void> {
    await this.#root.close();
    this.#lock.release();
  }
}
