/** The training that is hit: what it is made of, and what both ways of running it have in common. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { jpeg } from '../data/pictures.ts';
import { TINY } from '../training/tiny-training.ts';
import type { FaultName } from './faults.ts';
import type { Watch } from './watch.ts';

/** A training under way that can be hit. */
export interface Victim {
  readonly watch: Watch;
  /** The run folder. */
  readonly run: string;
  /** Hits it; resolves when the fault is over: the disk is free again, who was stopped may run. */
  hit(fault: FaultName, random: () => number): Promise<void>;
  /** Resolves with how the training ended. */
  readonly ended: Promise<string>;
  /** Takes away whatever is left of it. */
  end(): Promise<void>;
}

export interface TrainingShape {
  readonly seed: number;
  readonly steps: number;
  /** Steps between checkpoints. */
  readonly every: number;
}

/** Seconds. Short, so that a fault is noticed soon. */
export const HEARTBEAT_TIMEOUT = 3;

/** Large enough that a step takes some 50 ms, and calm enough that losses of seeds resemble each other. */
export function writeConfig(file: string, { seed, steps, every }: TrainingShape): void {
  const { crops, training, data, ...rest } = TINY;
  const config = {
    ...rest,
    crops: { groups: crops.groups.map((group) => ({ ...group, size: group.size * 3 })) },
    optimizer: { larc: true },
    schedule: { start: 0.005, peak: 0.005, end: 0.001, perImages: null, warmupIterations: 0 },
    training: { ...training, batchSize: 24, iterations: steps, seed },
    data: { ...data, maximumSkippedShare: 0.5 },
    checkpoint: { everyIterations: every, keepLast: 3 },
    ranks: { heartbeatTimeout: HEARTBEAT_TIMEOUT, collectiveTimeout: 15, replacementTimeout: 10 },
  };
  writeFileSync(file, JSON.stringify(config));
}

const NUM_PHOTOS = 72;

/** Photos, and some files that only seem to be. */
export async function writeImages(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < NUM_PHOTOS; i++) {
    const whole = await jpeg(120 + i, 100, i);
    const name = path.join(folder, `photo-${String(i).padStart(2, '0')}.jpg`);
    writeFileSync(name, i % 18 === 7 ? whole.subarray(0, whole.length / 3) : i % 18 === 13 ? 'not an image' : whole);
  }
}

/** Lines with their time, in a file and for whoever looks on. */
export class Log {
  readonly file: string;
  readonly #begin = performance.now();
  readonly #show: boolean;

  constructor(file: string, show: boolean) {
    this.file = file;
    this.#show = show;
    mkdirSync(path.dirname(file), { recursive: true });
  }

  /** Kept, and shown. */
  tell(line: string): void {
    this.write(line);
    if (this.#show) process.stderr.write(`${this.#time()} ${line}\n`);
  }

  write(line: string): void {
    appendFileSync(this.file, `${this.#time()} ${line}\n`);
  }

  tail(lines: number): string {
    return readFileSync(this.file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  #time(): string {
    return `${((performance.now() - this.#begin) / 1000).toFixed(2).padStart(8)} s`;
  }
}
