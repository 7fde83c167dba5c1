/**
 * `auspex train --ranks N`: one coordinator and N workers as processes of this host, started again when they die.
 *
 *     launcher ── IPC ──▶ coordinator ◀── gRPC, loopback ── worker 1 ... worker N
 *
 * The launcher shows what the coordinator tells, and knows at once when a process ends.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { RankRange } from '../../actors/coordinator/world-plan.ts';
import { isHopelessCode } from '../../actors/hopeless.ts';
import { heartbeatOf } from '../../actors/node-options.ts';
import { RestartBudget } from '../../actors/runtime/restart-budget.ts';
import { topicAddressOf } from '../../data/topics/topic-address.ts';
import { AuspexError } from '../../errors.ts';
import type { ResolvedConfig } from '../../training/config/config.ts';
import { environmentOfRank, requireRankDevices } from '../../training/device.ts';
import { runFolderOf } from '../../training/run/run-folder.ts';
import type { TrainingEvent, TrainResult } from '../../training/training-events.ts';
import { ChildProcess } from './child-process.ts';
import { EventQueue } from './event-queue.ts';
import type { FromProcess } from './messages.ts';

export interface LaunchOptions {
  readonly ranks: RankRange;
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  /** Variables for the processes, besides those of this one. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A process that ends more often is started again after a pause. */
const RESTARTS = { maximum: 10, withinMs: 60_000 };
/** Milliseconds until a process is started again that ends too often, or that could not begin. */
const PAUSE = 10_000;
const START_AGAIN = 3000;
/** Seconds that a process may be silent while it starts, or reads what others have written. */
const START_PATIENCE = 60;
/** Milliseconds in which workers end by themselves once the training has ended. */
const LEAVE_TIME = 5000;

/**
 * Trains on several ranks, and yields what happens as it happens; the generator's return value is the result.
 * @throws TensorFlowError TENSORFLOW_NOT_SET_UP, CollectiveError NCCL_MISSING where this machine has not what they need; what ended
 * the training
 */
export async function* trainOnRanks(
  config: ResolvedConfig,
  options: LaunchOptions,
): AsyncGenerator<TrainingEvent, TrainResult> {
  const launch = new Launch(config, options);
  try {
    return yield* launch.run();
  } finally {
    await launch.end();
  }
}

class Launch {
  readonly #config: ResolvedConfig;
  readonly #options: LaunchOptions;
  readonly #out: string;
  /** A run lay there before. */
  readonly #foundRun: boolean;
  readonly #events = new EventQueue<TrainingEvent>();
  readonly #workers = new Map<number, ChildProcess>();
  readonly #restarts = new Map<string, RestartBudget>();
  #coordinator: ChildProcess | undefined;
  #address: string | undefined;
  #portIsTaken = false;
  readonly #timers = new Set<NodeJS.Timeout>();
  #starts = 0;
  /** The coordinator that runs now has begun. */
  #listens = false;
  /** Ranks have trained together. */
  #trained = false;
  #failure: Error | undefined;
  #result: TrainResult | undefined;
  #ended = false;

  constructor(config: ResolvedConfig, options: LaunchOptions) {
    // The ranks are all on this machine.
    requireRankDevices(config, options.ranks.maximum);
    this.#config = sharedAmongRanks(config, options.ranks.maximum);
    this.#options = options;
    this.#out = runFolderOf(config);
    this.#foundRun = existsSync(path.join(this.#out, 'run.json'));
  }

  async *run(): AsyncGenerator<TrainingEvent, TrainResult> {
    this.#startCoordinator(this.#options.resume ?? false);
    this.#options.signal?.addEventListener('abort', () => this.#coordinator?.send({ kind: 'stop' }));
    for await (const event of this.#events) yield event;
    return this.#result!;
  }

  /** Ends every process that has not ended by itself. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const all = [...this.#workers.values(), ...(this.#coordinator ? [this.#coordinator] : [])];
    const patience = setTimeout(
      () => {
        for (const child of all) child.kill();
      },
      this.#result ? LEAVE_TIME : 0,
    );
    await Promise.all(all.map((child) => child.exited));
    clearTimeout(patience);
  }

  #startCoordinator(resume: boolean): void {
    const port = this.#address === undefined || this.#portIsTaken ? 0 : Number(this.#address.split(':').at(-1));
    const { ranks, signal } = this.#options;
    const onMessage = (message: FromProcess) => this.#fromCoordinator(message);
    const child = new ChildProcess('coordinator', onMessage, this.#options.environment);
    this.#coordinator = child;
    this.#listens = false;
    this.#watchOver(child, START_PATIENCE);
    child.send({ kind: 'coordinate', config: this.#config, ranks, out: this.#out, resume, port });
    if (signal?.aborted) child.send({ kind: 'stop' });
    child.exited.then((how) => {
      if (this.#isOver) return;
      if (child.finished) return this.#later(START_AGAIN, () => this.#startCoordinator(true));
      const often = !this.#mayRestart('coordinator');
      if (often && !this.#trained) {
        return this.#fail(new AuspexError('PROCESS_FAILED', `The coordinator ended again and again (${how}).`));
      }
      this.#warn(`The coordinator ended (${how}) and is started again${often ? ' in a while' : ''}.`);
      const again = () => this.#startCoordinator(resume || this.#hasBegun());
      if (often) this.#later(PAUSE, again);
      else again();
    });
  }

  /** Whether there is a run to resume, and not that of somebody else: a coordinator may have ended before it made one. */
  #hasBegun(): boolean {
    return !this.#foundRun && existsSync(path.join(this.#out, 'run.json'));
  }

  get #isOver(): boolean {
    return this.#ended || this.#result !== undefined || this.#failure !== undefined;
  }

  #later(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isOver) action();
    }, milliseconds);
    this.#timers.add(timer);
  }

  /** A process that hangs is ended; that it has, starts another. */
  #watchOver(child: ChildProcess, seconds: number): void {
    const heartbeat = heartbeatOf({ ranks: { ...this.#config.ranks, heartbeatTimeout: seconds } });
    child.expectAnswers(heartbeat, () => this.#warn(`${child.name} did not answer for ${seconds} s and is ended.`));
  }

  #fromCoordinator(message: FromProcess): void {
    switch (message.kind) {
      case 'listening':
        this.#listens = true;
        this.#watchOver(this.#coordinator!, this.#config.ranks.heartbeatTimeout);
        this.#listening(message.address);
        return;
      case 'event':
        if (message.event.kind === 'step') this.#trained = true;
        this.#events.push(message.event);
        return;
      case 'lost':
        // It hangs, or it would have ended: a fresh one takes its place.
        for (const child of this.#workers.values()) if (child.pid === message.pid) child.kill();
        return;
      case 'result':
        this.#result = message.result;
        this.#events.end();
        return;
      case 'failed':
        this.#coordinatorFailed(new AuspexError(message.code, message.message));
        return;
      case 'dismissed':
    }
  }

  /** What one that took a run up again could not do may be possible later: a disk is full, a lock not free yet. */
  #coordinatorFailed(error: AuspexError): void {
    // Workers are told another one.
    if (error.code === 'LISTEN_FAILED') this.#portIsTaken = true;
    const mayPass = this.#trained && !this.#listens && !isHopelessCode(error.code);
    if (mayPass) this.#warn(`The coordinator cannot begin yet, and is started again in a while: ${error.message}`);
    else this.#fail(error);
  }

  #listening(address: string): void {
    const moved = this.#address !== undefined && this.#address !== address;
    this.#address = address;
    this.#portIsTaken = false;
    if (moved) for (const child of this.#workers.values()) child.kill();
    for (let slot = 1; slot <= this.#options.ranks.maximum; slot++) {
      const child = this.#workers.get(slot);
      if (!child) this.#startWorker(slot);
      // Dismissed by an earlier coordinator, and still ending.
      else if (child.finished) child.exited.then(() => this.#fill(slot));
    }
  }

  #fill(slot: number): void {
    if (!this.#isOver && !this.#workers.has(slot)) this.#startWorker(slot);
  }

  #startWorker(slot: number): void {
    const { heartbeatTimeout } = this.#config.ranks;
    const { threads } = this.#config.training;
    // A name of its own each time: the coordinator may not know yet that the one before is gone.
    const name = `worker-${slot}.${++this.#starts}`;
    const onMessage = (message: FromProcess) => this.#fromWorker(name, message);
    const environment = { ...environmentOfRank(this.#config, slot - 1), ...this.#options.environment };
    const child = new ChildProcess(name, onMessage, environment);
    this.#workers.set(slot, child);
    // Once it has enlisted, the coordinator notices sooner.
    this.#watchOver(child, Math.max(START_PATIENCE, heartbeatTimeout));
    child.send({ kind: 'work', coordinator: this.#address!, name, threads: threads as number, heartbeatTimeout });
    child.exited.then((how) => {
      this.#workers.delete(slot);
      if (this.#isOver || child.finished) return;
      if (child.pid !== undefined) this.#coordinator?.send({ kind: 'processEnded', pid: child.pid });
      if (this.#mayRestart(`worker ${slot}`)) {
        this.#warn(`${name} ended (${how}) and is started again.`);
        return this.#startWorker(slot);
      }
      if (!this.#trained) {
        return this.#fail(new AuspexError('PROCESS_FAILED', `${name} ended again and again (${how}).`));
      }
      this.#warn(`${name} ended (${how}) too often and is started again in a while.`);
      this.#later(PAUSE, () => this.#fill(slot));
    });
  }

  #fromWorker(name: string, message: FromProcess): void {
    if (message.kind === 'event' && message.event.kind === 'warning') this.#warn(`${name}: ${message.event.message}`);
    if (message.kind === 'failed') this.#warn(`${name}: ${message.message} (${message.code})`);
    if (message.kind === 'dismissed' && message.reason !== undefined) this.#warn(`${name}: ${message.reason}`);
  }

  #mayRestart(what: string): boolean {
    const budget = this.#restarts.get(what) ?? new RestartBudget(what, RESTARTS);
    this.#restarts.set(what, budget);
    return budget.take();
  }

  #warn(message: string): void {
    this.#events.push({ kind: 'warning', message });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#events.fail(error);
  }
}

/** Threads of one rank where the config leaves them to us: the processors, divided. */
export function sharedAmongRanks(config: ResolvedConfig, ranks: number): ResolvedConfig {
  const share = Math.max(1, Math.floor(availableParallelism() / ranks));
  const { training, data } = config;
  return {
    ...config,
    training: { ...training, threads: training.threads === 'auto' ? share : training.threads },
    data: {
      ...data,
      path: data.path === null || topicAddressOf(data.path) ? data.path : path.resolve(data.path),
      loaderThreads: data.loaderThreads === 'auto' ? share : data.loaderThreads,
    },
  };
}
