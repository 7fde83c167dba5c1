/** From what the rounds of a race measured to the rows of its table, and how long a slow peer may run. */
import { type BenchRow, compare, median } from './bench.ts';
import type { StepCase } from './step-cases.ts';
import type { OurResult, StepResult } from './step-result.ts';

const PEER_NAMES = { eager: 'PyTorch eager, channels-last', compiled: 'torch.compile, channels-last' } as const;

/** What a run of the peer may take, in seconds; where its steps are slower, it makes fewer of them. */
const PEER_BUDGET = 180;

/** The peer's script needs one step before the first timed one. */
const MIN_STEPS = 2;

export interface Effort {
  readonly rounds: number;
  readonly steps: number;
  readonly warmup: number;
}

/** What the peer makes of the effort asked for, and why if it is less. Of `rounds` 0, the probe is all there is. */
export function peerEffort(asked: Effort, stepSeconds: number): Effort & { readonly note?: string } {
  const affordable = Math.floor(PEER_BUDGET / stepSeconds);
  if (affordable >= asked.warmup + asked.steps) return asked;
  const slow = `its step takes ${stepSeconds.toPrecision(3)} s`;
  if (affordable < MIN_STEPS) {
    return { rounds: 0, steps: 1, warmup: 1, note: `the peer ran once, 1 timed step after 1 other: ${slow}` };
  }
  const steps = Math.min(asked.steps, affordable - 1);
  return { rounds: asked.rounds, steps, warmup: 1, note: `the peer ran ${steps} timed steps after 1 other: ${slow}` };
}

export interface Race {
  readonly case: StepCase;
  /** How ours stored its feature maps. */
  readonly precision: 'bf16' | 'f32';
  /** One entry per round. */
  readonly ours: readonly OurResult[];
  /** None where the peer could not be measured. */
  readonly peer: readonly StepResult[];
  readonly notes: readonly string[];
  /** Whether the peer went through torch.compile. @default false */
  readonly compiled?: boolean;
}

export interface StepRow extends BenchRow {
  readonly precision: 'bf16' | 'f32';
  readonly rounds: { readonly ours: readonly number[]; readonly peer: readonly number[] };
}

export interface StepSpeedRow extends StepRow {
  /** Medians over the rounds of everything that was measured. */
  readonly details: { readonly ours: OurResult; readonly peer: StepResult | null };
}

/** Two rows: images per second under the case's own name, and the peak memory of the process. */
export function raceRows(race: Race): [StepSpeedRow, StepRow] {
  const ours = medians(race.ours);
  const peer = race.peer.length > 0 ? medians(race.peer) : null;
  const peerName = PEER_NAMES[race.compiled ? 'compiled' : 'eager'];
  const row = (
    name: string,
    unit: string,
    better: 'more' | 'less',
    figure: (result: StepResult) => number,
  ): StepRow => ({
    ...compare({ case: name, ours: figure(ours), peer: peer && figure(peer), peerName, unit, better }),
    precision: race.precision,
    rounds: { ours: race.ours.map(figure), peer: race.peer.map(figure) },
  });
  const { name } = race.case;
  const speed = row(name, 'images/s', 'more', ({ imagesPerSecond }) => imagesPerSecond);
  const memory = row(`${name} peak RSS`, 'MB', 'less', ({ peakRssMb }) => peakRssMb);
  const notes = [...race.notes, ...sharedMachine(ours, peer)];
  return [{ ...speed, ...(notes.length > 0 && { note: notes.join('; ') }), details: { ours, peer } }, memory];
}

/** Below this share of the processors, something else had them, or a step has little to do in parallel. */
const FULL_USE = 0.8;

function sharedMachine(ours: StepResult, peer: StepResult | null): string[] {
  const sides = peer ? [ours, peer] : [ours];
  const shares = sides.map(({ threads, stepSeconds, cpuSeconds }) => cpuSeconds / (threads * stepSeconds));
  if (shares.every((share) => share >= FULL_USE)) return [];
  const percent = shares.map((share) => `${Math.round(100 * share)} %`).join(' and the peer ');
  const seconds = sides.map(({ cpuSeconds }) => cpuSeconds.toFixed(3)).join(' and the peer ');
  return [`shared machine: ours had ${percent} of ${ours.threads} threads; CPU seconds per step: ours ${seconds}`];
}

function medians<Result extends Record<string, number>>(results: readonly Result[]): Result {
  const keys = Object.keys(results[0]!);
  return Object.fromEntries(keys.map((key) => [key, median(results.map((result) => result[key]!))])) as Result;
}
