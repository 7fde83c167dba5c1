/**
 * `auspex coordinator` and its `auspex worker`s, each on a host of its own, with a token, exchanging over Gloo; and the faults
 * that can hit their network. Where a process ends, a new one is started, as a supervisor of services does.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { hasGloo } from '../../kernels/communicator.ts';
import { CommandProcess } from './command-process.ts';
import type { FaultName } from './faults.ts';
import { Namespaces, whyNoNamespaces } from './namespaces.ts';
import { signal } from './processes.ts';
import { HEARTBEAT_TIMEOUT, type Log, type Victim } from './training.ts';
import { Watch } from './watch.ts';

const PORT = 7460;

export interface NetworkVictimOptions {
  readonly config: string;
  readonly data: string;
  readonly run: string;
  readonly ranks: string;
  readonly workers: number;
  readonly mark: string;
  readonly log: Log;
  /** Seconds that a process is stopped. */
  readonly stopped: number;
}

export class NetworkVictim implements Victim {
  readonly watch: Watch;
  readonly run: string;
  readonly ended: Promise<string>;
  readonly #options: NetworkVictimOptions;
  readonly #hosts: Namespaces;
  readonly #tokenFile: string;
  readonly #workers = new Map<number, CommandProcess>();
  #coordinator: CommandProcess | undefined;
  #starts = 0;
  #ending = false;
  #settle: (how: string) => void = () => {};

  constructor(options: NetworkVictimOptions) {
    const { log, run, workers } = options;
    this.#options = options;
    this.run = run;
    this.watch = new Watch((line) => log.write(line));
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#tokenFile = path.join(path.dirname(run), 'token');
    writeFileSync(this.#tokenFile, `a token of more than 16 characters ${options.mark}\n`, { mode: 0o600 });
    this.#hosts = new Namespaces(workers + 1);
    this.#startCoordinator();
    for (let host = 1; host <= workers; host++) this.#startWorker(host);
  }

  async hit(fault: FaultName, random: () => number): Promise<void> {
    const { stopped, workers } = this.#options;
    const host = 1 + Math.floor(random() * workers);
    switch (fault) {
      case 'connection dropped, short':
        return this.#drop(host, HEARTBEAT_TIMEOUT * (0.2 + 0.3 * random()));
      case 'connection dropped, long':
        return this.#drop(host, HEARTBEAT_TIMEOUT * (2 + 2 * random()));
      case 'SIGSTOP of a rank that wakes up':
        return this.#stop(host, stopped);
      case 'kill -9 of a worker':
        signal(this.#workers.get(host)?.pid, 'SIGKILL');
        return this.#options.log.tell(`    kill -9 of the worker of host ${host}`);
      default:
        throw new Error(`${fault} cannot be had across hosts`);
    }
  }

  async end(): Promise<void> {
    this.#ending = true;
    const all = [...this.#workers.values(), ...(this.#coordinator ? [this.#coordinator] : [])];
    for (const { pid, hasEnded } of all) if (!hasEnded) signal(pid, 'SIGKILL');
    await Promise.all(all.map(({ ended }) => ended));
    this.#hosts.remove();
  }

  #startCoordinator(): void {
    const { config, data, run, ranks, mark, log } = this.#options;
    const args = ['coordinator', config, '--data', data, '--out', run, '--ranks', ranks, '--resume', '--json'];
    const listen = ['--listen', `${this.#hosts.address(0)}:${PORT}`, '--token-file', this.#tokenFile];
    const options = { name: 'coordinator', mark, log, watch: this.watch, prefix: this.#hosts.on(0) };
    const coordinator = new CommandProcess([...args, ...listen], options);
    this.#coordinator = coordinator;
    coordinator.ended.then(async (how) => {
      if (how === 'exit code 0' || this.#ending) return this.#settle(how);
      await wait(1000);
      if (!this.#ending) this.#startCoordinator();
    });
  }

  #startWorker(host: number): void {
    const { mark, log } = this.#options;
    const name = `worker-${host}.${++this.#starts}`;
    const args = ['worker', '--coordinator', `${this.#hosts.address(0)}:${PORT}`, '--token-file', this.#tokenFile];
    const own = ['--name', name, '--host', this.#hosts.address(host), '--threads', '1'];
    const worker = new CommandProcess([...args, ...own, '--heartbeat-timeout', String(HEARTBEAT_TIMEOUT)], {
      ...{ name, mark, log, prefix: this.#hosts.on(host) },
    });
    this.#workers.set(host, worker);
    worker.ended.then(async (how) => {
      if (how === 'exit code 0' || this.#ending) return;
      await wait(1000);
      if (!this.#ending) this.#startWorker(host);
    });
  }

  async #drop(host: number, seconds: number): Promise<void> {
    const { log } = this.#options;
    this.#hosts.cut(host);
    log.tell(`    host ${host} is cut off for ${seconds.toFixed(1)} s`);
    await wait(seconds * 1000);
    this.#hosts.mend(host);
    log.tell(`    host ${host} is back`);
  }

  async #stop(host: number, seconds: number): Promise<void> {
    const { log } = this.#options;
    const worker = this.#workers.get(host)!;
    signal(worker.pid, 'SIGSTOP');
    log.tell(`    ${worker.name} is stopped for ${seconds} s`);
    await wait(seconds * 1000);
    signal(worker.pid, 'SIGCONT');
    log.tell(`    ${worker.name} wakes up`);
  }
}

/** Why a training across hosts is not possible here, if so. */
export function whyNoNetwork(): string | undefined {
  if (!hasGloo()) return 'the addon was built without Gloo';
  return whyNoNamespaces();
}
