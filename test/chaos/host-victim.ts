/** `auspex train --ranks N` on this host, with its run folder on a small disk, and the faults that can hit it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CommandProcess } from './command-process.ts';
import type { FaultName } from './faults.ts';
import { isAlive, signal, untilGone } from './processes.ts';
import type { SmallDisk } from './small-disk.ts';
import { HEARTBEAT_TIMEOUT, type Log, type Victim } from './training.ts';
import { Watch } from './watch.ts';

export interface HostVictimOptions {
  readonly config: string;
  readonly data: string;
  readonly run: string;
  readonly ranks: string;
  readonly mark: string;
  readonly log: Log;
  readonly disk: SmallDisk | undefined;
  /** Seconds that a process is stopped and the disk is full. */
  readonly stopped: number;
  readonly full: number;
}

/** Seconds in which all processes of a killed launcher have to end. */
const ORPHANS = 15;

export class HostVictim implements Victim {
  readonly watch: Watch;
  readonly run: string;
  readonly ended: Promise<string>;
  readonly #options: HostVictimOptions;
  #launcher: CommandProcess;
  #relaunching = false;
  #settle: (how: string) => void = () => {};

  constructor(options: HostVictimOptions) {
    const { log, run, config, data } = options;
    this.#options = options;
    this.run = run;
    this.watch = new Watch((line) => log.write(line));
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#launcher = this.#launch(['train', config, '--data', data, '--out', run]);
  }

  async hit(fault: FaultName, random: () => number): Promise<void> {
    const { stopped, disk } = this.#options;
    switch (fault) {
      case 'kill -9 of a rank':
        return this.#kill(this.#someRank(random));
      case 'kill -9 of the coordinator':
        return this.#kill(this.#coordinator());
      case 'kill -9 of a rank and the coordinator':
        this.#kill(this.#someRank(random));
        return this.#kill(this.#coordinator());
      case 'kill -9 of a rank, then of another':
        this.#kill(this.#someRank(random));
        await wait(random() * 2500); // while the first one's place is taken
        return this.#kill(this.#someRank(random));
      case 'kill -9 of the launcher, then --resume':
        return this.#relaunch();
      case 'SIGSTOP of a rank':
        return this.#stop(this.#someRank(random), stopped);
      case 'SIGSTOP of the coordinator, short':
        return this.#stop(this.#coordinator(), HEARTBEAT_TIMEOUT * (0.2 + 0.4 * random()));
      case 'SIGSTOP of the coordinator, long':
        return this.#stop(this.#coordinator(), stopped);
      case 'full disk':
        return this.#fill(disk!);
      case 'full disk, and kill -9 of the coordinator':
        setTimeout(() => this.#kill(this.#coordinator()), 500 + random() * 2000);
        return this.#fill(disk!);
      case 'flipped byte in the newest checkpoint':
        await this.#untilTwoCheckpoints();
        this.#flipByte(random);
        return this.#kill(this.#someRank(random));
      case 'flipped byte, and kill -9 of the coordinator':
        await this.#untilTwoCheckpoints();
        this.#kill(this.#coordinator());
        return this.#flipByte(random);
      default:
        throw new Error(`${fault} cannot be had on one host`);
    }
  }

  async end(): Promise<void> {
    signal(this.#launcher.pid, 'SIGKILL');
    await this.#launcher.ended;
  }

  #launch(args: readonly string[]): CommandProcess {
    const { mark, log, ranks } = this.#options;
    const launcher = new CommandProcess([...args, '--ranks', ranks, '--json'], {
      ...{ name: 'launcher', mark, log, watch: this.watch },
    });
    launcher.ended.then((how) => {
      if (!this.#relaunching) this.#settle(how);
    });
    return launcher;
  }

  /** What a person or a supervisor does after a power cut. */
  async #relaunch(): Promise<void> {
    const { mark, log } = this.#options;
    this.#relaunching = true; // its end is not the training's
    this.#kill(this.#launcher.pid);
    await this.#launcher.ended;
    const left = await untilGone(mark, ORPHANS * 1000);
    if (left.length > 0) throw new Error(`processes outlived their launcher by ${ORPHANS} s: ${left.join(', ')}`);
    log.tell('    nothing was left of the launcher; it is started again');
    this.#launcher = this.#launch(['train', '--resume', '--out', this.run]);
    this.#relaunching = false;
  }

  /** By the run's lock, which names its owner. */
  #coordinator(): number | undefined {
    try {
      return JSON.parse(readFileSync(path.join(this.run, 'run.lock'), 'utf8')).pid;
    } catch {
      return undefined;
    }
  }

  /** Of the present world. */
  #someRank(random: () => number): number | undefined {
    const world = this.watch.heard.findLast(({ event }) => event === 'world');
    const pids = ((world?.ranks ?? []) as string[]).map((name) => Number(/process (\d+)/.exec(name)?.[1]));
    return pids[Math.floor(random() * pids.length)];
  }

  #kill(pid: number | undefined): void {
    const done = signal(pid, 'SIGKILL');
    this.#options.log.tell(`    kill -9 of process ${pid}${done ? '' : ', which had ended'}`);
  }

  async #stop(pid: number | undefined, seconds: number): Promise<void> {
    signal(pid, 'SIGSTOP');
    this.#options.log.tell(`    process ${pid} is stopped for ${seconds.toFixed(1)} s`);
    const over = performance.now() + seconds * 1000;
    while (performance.now() < over && isAlive(pid)) await wait(20);
    const woken = signal(pid, 'SIGCONT');
    this.#options.log.tell(`    process ${pid} ${woken ? 'wakes up' : 'was ended'}`);
  }

  async #fill(disk: SmallDisk): Promise<void> {
    const { full, log } = this.#options;
    disk.fill();
    log.tell(`    the disk is full for ${full} s`);
    await wait(full * 1000);
    disk.free();
    log.tell('    the disk has room');
  }

  /** There has to be one to go back to. */
  async #untilTwoCheckpoints(): Promise<void> {
    const isSecond = (step: number) =>
      this.watch.heard.some((heard) => heard.event === 'checkpoint' && heard.step! < step);
    await this.watch.until(
      ({ event, step }) => event === 'checkpoint' && isSecond(step!),
      0,
      60_000,
      'two checkpoints',
    );
  }

  /** In a file of the checkpoint that `latest` names. */
  #flipByte(random: () => number): void {
    for (;;) {
      try {
        this.#tryToFlip(random);
        return;
      } catch (error) {
        // Another one has taken its place meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  #tryToFlip(random: () => number): void {
    const checkpoints = path.join(this.run, 'checkpoints');
    const name = readFileSync(path.join(checkpoints, 'latest'), 'utf8').trim();
    const folder = path.join(checkpoints, name);
    const shard = readFileSync(path.join(folder, 'SHA256SUMS'), 'utf8')
      .match(/\S+\.safetensors/g)!
      .sort()[0]!;
    const file = path.join(folder, shard);
    const bytes = readFileSync(file);
    const at = Math.floor(random() * bytes.length);
    bytes[at]! ^= 1 << Math.floor(random() * 8);
    writeFileSync(file, bytes);
    this.#options.log.tell(`    byte ${at} of ${name}/${shard} is flipped`);
  }
}
