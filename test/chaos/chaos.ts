/** Runs trainings under faults, and checks what they leave behind. */
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseRankRange } from '../../actors/coordinator/world-plan.ts';
import { uniform } from '../random.ts';
import {
  type Check,
  checkAudit,
  checkLeftovers,
  checkLosses,
  checkRun,
  checkSameModel,
  sharedMemory,
} from './checks.ts';
import { CommandProcess } from './command-process.ts';
import { type FaultKind, type FaultName, kindOf, planFaults, type Setting } from './faults.ts';
import { type Hit, hitWith } from './hit.ts';
import { HostVictim } from './host-victim.ts';
import { NetworkVictim, whyNoNetwork } from './network-victim.ts';
import { processesMarked, signal, untilGone } from './processes.ts';
import { type ChaosReport, rowsOf } from './report.ts';
import { SmallDisk, whyNoSmallDisk } from './small-disk.ts';
import { Log, type Victim, writeConfig, writeImages } from './training.ts';

export interface ChaosOptions {
  readonly faults: number;
  readonly seed: number;
  /** `2`, or `2..3`. */
  readonly ranks: string;
  readonly keep: boolean;
  /** Tells what happens as it happens, on standard error. */
  readonly show: boolean;
  /** Seconds that a process is stopped, and that the disk is full. */
  readonly stopped?: number;
  readonly full?: number;
  /** Steps between faults. @default 40 */
  readonly stepsPerFault?: number;
  /** Steps between checkpoints. @default 5 */
  readonly every?: number;
  /** Only these. */
  readonly only?: readonly FaultName[];
}

/** Steps that are made at most while the disk is full. */
const STEPS_WHILE_FULL = 60;
const DISK_MEGABYTES = 8;
/** Undisturbed runs of other seeds. */
const OTHER_SEEDS = 2;
/** Seconds in which the training has to end after the last fault, and its processes after it. */
const END = 300;
const LEAVE = 10;

export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const work = mkdtempSync(path.join(os.tmpdir(), 'auspex-chaos-'));
  const session = new Session(options, work);
  let passed = false;
  const interrupted = () => void session.end(false).finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const report = await session.run();
    passed = report.passed;
    return passed && !options.keep ? report : { ...report, kept: work };
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await session.end(passed && !options.keep);
  }
}

class Session {
  readonly #options: ChaosOptions;
  readonly #work: string;
  readonly #mark = randomUUID();
  readonly #log: Log;
  readonly #checks: Check[] = [];
  readonly #hits: Hit[] = [];
  #disk: SmallDisk | undefined;
  #victim: Victim | undefined;

  constructor(options: ChaosOptions, work: string) {
    this.#options = options;
    this.#work = work;
    this.#log = new Log(path.join(work, 'log.txt'), options.show);
  }

  async run(): Promise<ChaosReport> {
    const { seed, ranks, faults, only } = this.#options;
    const before = sharedMemory();
    const noDisk = whyNoSmallDisk(path.join(this.#work, 'probe'));
    const noNetwork = whyNoNetwork();
    const possible = (kind: FaultKind) =>
      (only === undefined || only.includes(kind.name as FaultName)) &&
      !(kind.needs === 'smallDisk' && noDisk) &&
      !(kind.setting === 'network' && noNetwork);
    const plan = planFaults(faults, seed, possible);
    this.#log.tell(`seed ${seed}, ${plan.length} faults, ${ranks} ranks, log ${this.#log.file}`);
    await writeImages(this.#path('photos'));
    for (const setting of ['host', 'network'] as const) {
      const own = plan.filter((name) => kindOf(name).setting === setting);
      if (own.length > 0) await this.#torment(setting, own, noDisk === undefined);
      if (this.#hits.some(({ survived }) => !survived)) break;
    }
    // Where it failed, it still runs.
    await this.#victim?.end();
    await untilGone(this.#mark, LEAVE * 1000);
    this.#checks.push(...checkLeftovers(this.#mark, before));
    const passed = this.#hits.every(({ survived }) => survived) && this.#checks.every((check) => check.passed);
    const leftOut = [noDisk, noNetwork].filter((reason) => reason !== undefined);
    return { seed, ranks, passed, hits: this.#hits, faults: rowsOf(this.#hits), leftOut, checks: this.#checks };
  }

  /** One training and all faults of its setting. */
  async #torment(setting: Setting, plan: readonly FaultName[], smallDisk: boolean): Promise<void> {
    const random = uniform(this.#options.seed + (setting === 'host' ? 1 : 2));
    const slow = plan.filter((name) => kindOf(name).needs === 'smallDisk').length;
    const { stepsPerFault = 40 } = this.#options;
    const steps = stepsPerFault * (plan.length + 2) + STEPS_WHILE_FULL * slow;
    const config = this.#config(setting, this.#options.seed, steps);
    const folder = this.#path(setting);
    mkdirSync(folder, { recursive: true });
    if (setting === 'host' && smallDisk) this.#disk = new SmallDisk(folder, DISK_MEGABYTES);
    const victim = this.#begin(setting, config, path.join(folder, 'run'));
    this.#victim = victim;
    for (const [index, fault] of plan.entries()) {
      // Beyond the fault before, and not all at the beginning.
      const due = Math.max(stepsPerFault * index, 1);
      const far = () =>
        victim.watch.until(({ event, step }) => event === 'step' && step! >= due, 0, END * 1000, `step ${due}`);
      await Promise.race([far(), victim.ended]).catch((error: Error) => this.#log.tell(`  ${error.message}`));
      const hit = await hitWith(fault, victim, random, this.#log);
      this.#hits.push(hit);
      if (!hit.survived) return;
    }
    await this.#finish(setting, victim, steps);
  }

  async #finish(setting: Setting, victim: Victim, steps: number): Promise<void> {
    const late = new Promise<string>((resolve) => setTimeout(resolve, END * 1000, 'not yet').unref());
    const how = await Promise.race([victim.ended, late]);
    const check = (name: string, passed: boolean, detail: string) => this.#checks.push({ name, passed, detail });
    check(`${setting}: the command ends well`, how === 'exit code 0', how);
    const left = await untilGone(this.#mark, LEAVE * 1000);
    check(
      `${setting}: all processes end by themselves`,
      left.length === 0,
      left.length === 0 ? 'all' : left.join(', '),
    );
    await victim.end();
    const own: Check[] = [...checkRun(victim.run, steps), checkAudit(victim.run)];
    own.push(...(await this.#compare(setting, victim.run, steps)));
    this.#checks.push(...own.map((one) => ({ ...one, name: `${setting}: ${one.name}` })));
  }

  /** With undisturbed trainings. */
  async #compare(setting: Setting, run: string, steps: number): Promise<Check[]> {
    const { ranks, seed } = this.#options;
    const { minimum, maximum } = parseRankRange(ranks)!;
    const undisturbed = async (ofSeed: number) => {
      this.#log.tell(`  an undisturbed run of seed ${ofSeed}`);
      const out = this.#path(`undisturbed-${setting}-${ofSeed}`);
      const args = ['train', this.#config(setting, ofSeed, steps), '--data', this.#path('photos'), '--out', out];
      const options = { name: `undisturbed ${ofSeed}`, mark: this.#mark, log: this.#log };
      await new CommandProcess([...args, '--ranks', String(maximum)], options).ended;
      return out;
    };
    if (minimum === maximum) {
      const same = await undisturbed(seed);
      return [checkLosses(run, same, []), checkSameModel(run, same)];
    }
    const others = [await undisturbed(seed)];
    for (let other = 1; other <= OTHER_SEEDS; other++) others.push(await undisturbed(seed + other));
    return [checkLosses(run, undefined, others)];
  }

  #begin(setting: Setting, config: string, run: string): Victim {
    const { ranks, stopped = 20, full = 5 } = this.#options;
    const common = { config, data: this.#path('photos'), run, ranks, mark: this.#mark, log: this.#log, stopped };
    if (setting === 'host') return new HostVictim({ ...common, disk: this.#disk, full });
    return new NetworkVictim({ ...common, workers: parseRankRange(ranks)!.maximum });
  }

  #config(setting: Setting, seed: number, steps: number): string {
    const file = this.#path(`config-${setting}-${seed}.json`);
    writeConfig(file, { seed, steps, every: this.#options.every ?? 5 });
    return file;
  }

  async end(remove: boolean): Promise<void> {
    await this.#victim?.end();
    for (const pid of processesMarked(this.#mark)) signal(pid, 'SIGKILL');
    // What is kept must not need the mount.
    if (this.#disk && !remove) cpSync(this.#disk.folder, this.#path('host-kept'), { recursive: true });
    this.#disk?.unmount();
    if (remove) rmSync(this.#work, { recursive: true, force: true });
  }

  #path(name: string): string {
    return path.join(this.#work, name);
  }
}
