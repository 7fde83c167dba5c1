/** Tiny trainings on several ranks, as `auspex train --ranks` runs them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { trainOnRanks } from '../../../services/ranks/launcher.ts';
import type { ResolvedConfig } from '../../../training/config/config.ts';
import { readMetrics } from '../../../training/run/run-folder.ts';
import type { TrainingEvent, TrainResult } from '../../../training/training-events.ts';
import '../../built-children.ts';
import { tinyConfig } from '../../training/tiny-training.ts';

/** LARC keeps the tiny network from amplifying the last bits, in which numbers of ranks differ. */
export function ranksConfig(data: string, out: string, ...set: string[]): ResolvedConfig {
  const rates = ['schedule.start=1', 'schedule.peak=1', 'schedule.end=0.5'];
  return tinyConfig(data, out, 'optimizer.larc=true', 'ranks.heartbeatTimeout=4', ...rates, ...set);
}

export interface Ranked {
  readonly events: TrainingEvent[];
  readonly result: TrainResult;
}

export interface RankedOptions {
  readonly ranks: number | readonly [number, number];
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  /** Stops at the first record of this step or a later one. */
  readonly stopAt?: number;
  onEvent?(event: TrainingEvent): void;
}

/** Trains to the end. */
export async function runRanked(config: ResolvedConfig, options: RankedOptions): Promise<Ranked> {
  const { ranks, resume, stopAt, onEvent } = options;
  const stop = new AbortController();
  const signal = options.signal ?? stop.signal;
  const [minimum, maximum] = typeof ranks === 'number' ? [ranks, ranks] : ranks;
  const running = trainOnRanks(config, { ranks: { minimum, maximum }, resume, signal });
  const events: TrainingEvent[] = [];
  for (;;) {
    const next = await running.next();
    if (next.done) return { events, result: next.value };
    events.push(next.value);
    onEvent?.(next.value);
    if (next.value.kind === 'step' && next.value.step >= (stopAt ?? Number.POSITIVE_INFINITY)) stop.abort();
  }
}

/** Trains on two ranks, of which the second is killed once: after this step, and after a checkpoint of step `saved` or later. */
export async function runWithKill(
  config: ResolvedConfig,
  after: { readonly step: number; readonly saved: number },
): Promise<Ranked & { readonly saved: number }> {
  let victim: number | undefined;
  let [saved, killed] = [0, false];
  const ranked = await runRanked(config, {
    ranks: 2,
    onEvent(event) {
      if (event.kind === 'world') victim = processOf(event.ranks[1]!);
      if (event.kind === 'checkpoint' && !killed) saved = event.step;
      if (event.kind !== 'step' || event.step < after.step || saved < after.saved || killed) return;
      killed = true;
      process.kill(victim!, 'SIGKILL');
    },
  });
  assert.ok(killed);
  return { ...ranked, saved };
}

/** Whether a rank that this process has started has a file of such a name in its memory. */
export function ranksMap(name: string): boolean {
  return childrenOf(process.pid).some((pid) => readFileSync(`/proc/${pid}/maps`, 'utf8').includes(name));
}

export function lossesOf(folder: string): (number | null)[] {
  return readMetrics(folder).flatMap((record) => (record.kind === 'step' ? [record.loss] : []));
}

export function worldsOf(events: readonly TrainingEvent[]) {
  return events.flatMap((event) => (event.kind === 'world' ? [event] : []));
}

/** The process of a rank, from what it is called in an event. */
export function processOf(rank: string): number {
  return Number(/\(process (\d+)\)/.exec(rank)![1]);
}

/** Coordinators and workers that a process has started and that still run. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('services/ranks/child');
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ');
        return isOurs && Number(fields[1]) === parent;
      } catch {
        return false; // gone meanwhile
      }
    });
}
