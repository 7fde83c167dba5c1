/**
 * vitals.json in the run folder: how a training is at this moment, for those who watch it. What it says is of no use to the training
 * itself, so it is written beside the steps, at most every other second, and without waiting for the disk.
 */
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TopicOffset } from '../../data/topics/topic-reading.ts';
import { messageOf } from '../../errors.ts';

export const VITALS_FILE = 'vitals.json';

/** Milliseconds between two writings, and between two looks at a process. */
export const VITALS_EVERY = 2000;

/** One actor of a process. */
export interface ActorVitals {
  /** Names from the top, joined by `/`. */
  readonly path: string;
  readonly mailboxDepth: number;
  readonly mailboxPeak: number;
  readonly mailboxCapacity: number;
  readonly handled: number;
  readonly restarts: number;
  readonly deadLetters: number;
}

/** One process of a training. */
export interface ProcessVitals {
  readonly name: string;
  readonly pid: number;
  /** Of its memory, what is in RAM. */
  readonly residentBytes: number;
  /** Whether the plan is of its memory: that of a coordinator is not. */
  readonly computes: boolean;
  readonly actors: readonly ActorVitals[];
}

export interface LayerVitals {
  readonly name: string;
  /** L2 norms. */
  readonly weightNorm: number;
  readonly gradientNorm: number;
  /** LARC's factor of the gradient; 1 where it does not scale. */
  readonly trustRatio: number;
}

export interface MemoryPlan {
  readonly arenaBytes: number;
  readonly persistentBytes: number;
}

export interface Vitals {
  readonly format: 1;
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly step: number;
  /** Of every process that computes. */
  readonly memory: MemoryPlan;
  readonly processes: readonly ProcessVitals[];
  readonly layers: readonly LayerVitals[];
  /** Of a topic: the offsets from which it is read on. */
  readonly reading?: readonly TopicOffset[];
}

/** What is known of a training besides its steps. */
export interface VitalsSource {
  readonly memory: MemoryPlan;
  /** Names of the L layers, in the order of the norms. */
  readonly layers: readonly string[];
  processes(): readonly ProcessVitals[];
}

export interface StepVitals {
  readonly step: number;
  /** Sums of squares (L, 2) of parameters and gradients. */
  readonly norms: Float32Array;
  /** (L, 2): the factor of the gradient, and whether weight decay is added. */
  readonly ratios: Float32Array;
  readonly reading: readonly TopicOffset[] | undefined;
}

export class VitalsWriter {
  readonly #file: string;
  readonly #source: VitalsSource;
  #written = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> | undefined;
  #problem: string | undefined;
  #told = false;

  constructor(folder: string, source: VitalsSource) {
    this.#file = path.join(folder, VITALS_FILE);
    this.#source = source;
  }

  /**
   * Writes, if it is time to.
   * @returns why it cannot be written, once
   */
  step(make: () => StepVitals): string | undefined {
    if (performance.now() - this.#written >= VITALS_EVERY && !this.#writing) {
      this.#written = performance.now();
      this.#writing = this.#write(JSON.stringify(vitalsOf(this.#source, make()))).finally(() => {
        this.#writing = undefined;
      });
    }
    if (this.#problem === undefined || this.#told) return undefined;
    this.#told = true;
    return this.#problem;
  }

  /** Resolves when nothing is being written. */
  async settle(): Promise<void> {
    await this.#writing;
  }

  /** Whole or not at all, but not flushed: after a power cut nobody misses it. */
  async #write(text: string): Promise<void> {
    const temporary = path.join(path.dirname(this.#file), `.tmp-${VITALS_FILE}-${process.pid}`);
    try {
      await writeFile(temporary, `${text}\n`);
      await rename(temporary, this.#file);
    } catch (error) {
      this.#problem = `${this.#file} cannot be written, and the run cannot be watched closely: ${messageOf(error)}`;
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }
}

/** Says when it is time to look again: at first, and then not too often. */
export class VitalsTimes {
  #last = Number.NEGATIVE_INFINITY;

  isDue(): boolean {
    const now = performance.now();
    if (now - this.#last < VITALS_EVERY) return false;
    this.#last = now;
    return true;
  }
}

/** Of this process. */
export function processVitals(name: string, computes: boolean, actors: readonly ActorVitals[]): ProcessVitals {
  return { name, pid: process.pid, residentBytes: process.memoryUsage.rss(), computes, actors };
}

function vitalsOf(source: VitalsSource, { step, norms, ratios, reading }: StepVitals): Vitals {
  const short = (value: number) => Number(value.toPrecision(5));
  return {
    format: 1,
    time: new Date().toISOString(),
    step,
    memory: source.memory,
    processes: source.processes(),
    layers: source.layers.map((name, i) => ({
      name,
      weightNorm: short(Math.sqrt(norms[2 * i]!)),
      gradientNorm: short(Math.sqrt(norms[2 * i + 1]!)),
      trustRatio: short(ratios[2 * i]!),
    })),
    ...(reading && { reading }),
  };
}
