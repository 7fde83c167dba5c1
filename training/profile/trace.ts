/**
 * A step as a trace that ui.perfetto.dev and chrome://tracing show: JSON in the Trace Event Format.
 *
 *     step           | copy crops in |                                    | exchange norms |   |
 *     compute        |               | unit: | operation | operation | ... |                |
 *     communication  |               |   | gather | gather |   | reduce |
 *     loader         | read, decode and crop ...                                  |
 */

import { operationCost } from '../../program/operation-cost.ts';
import { labelOf, subjectOf } from '../../program/operation-label.ts';
import { isCommunication, type Operation } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import { type Span, spanAt, type TimedStep } from './timed-step.ts';

/** A stretch of time (ph X), or the name of a process or of one of its tracks (ph M). */
export type TraceEvent =
  | {
      readonly ph: 'X';
      readonly name: string;
      readonly cat: string;
      readonly pid: number;
      readonly tid: number;
      /** Microseconds since the trace began, and of the stretch; whole nanoseconds. */
      readonly ts: number;
      readonly dur: number;
      readonly args: Readonly<Record<string, unknown>>;
    }
  | {
      readonly ph: 'M';
      readonly name: 'process_name' | 'thread_name' | 'thread_sort_index';
      readonly pid: number;
      readonly tid: number;
      readonly args: { readonly name: string } | { readonly sort_index: number };
    };

export interface Trace {
  readonly displayTimeUnit: 'ms';
  readonly traceEvents: readonly TraceEvent[];
}

const TRACKS = ['step', 'compute', 'communication', 'loader'] as const;
type Track = (typeof TRACKS)[number];

interface Stretch extends Span {
  readonly track: Track;
  readonly name: string;
  readonly category: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** @param rank whose step this is: its number is that of the trace's process */
export function traceOf(program: Program, step: TimedStep, rank = 0): Trace {
  const stretches = [...besides(step), ...computation(program, step), ...communication(program, step)];
  const loading = step.loading.map((span): Stretch => ({ ...span, track: 'loader', category: 'loader' }));
  const all = [...stretches, ...loading];
  const start = Math.min(...all.map(({ begin }) => begin));
  const used = TRACKS.filter((track) => all.some((stretch) => stretch.track === track));
  return {
    displayTimeUnit: 'ms',
    traceEvents: [...names(rank, program.name, used), ...all.map((stretch) => eventOf(stretch, rank, start))],
  };
}

function names(pid: number, program: string, tracks: readonly Track[]): TraceEvent[] {
  return [
    { ph: 'M', name: 'process_name', pid, tid: 0, args: { name: `${program}, rank ${pid}` } },
    ...tracks.flatMap((track): TraceEvent[] => {
      const tid = tidOf(track);
      return [
        { ph: 'M', name: 'thread_name', pid, tid, args: { name: track } },
        { ph: 'M', name: 'thread_sort_index', pid, tid, args: { sort_index: tid } },
      ];
    }),
  ];
}

function tidOf(track: Track): number {
  return TRACKS.indexOf(track) + 1;
}

function eventOf({ track, name, category, begin, end, args = {} }: Stretch, pid: number, start: number): TraceEvent {
  // Rounded before they are subtracted, so that what lies within something else still does so afterwards.
  const nanoseconds = (seconds: number) => Math.round((seconds - start) * 1e9);
  const [from, to] = [nanoseconds(begin), nanoseconds(end)];
  return { ph: 'X', name, cat: category, pid, tid: tidOf(track), ts: from / 1000, dur: (to - from) / 1000, args };
}

function besides({ begin, end, beside }: TimedStep): Stretch[] {
  const step: Stretch = { track: 'step', name: 'step', category: 'step', begin, end };
  return [step, ...beside.map((span): Stretch => ({ ...span, track: 'step', category: 'step' }))];
}

/** Stretches of the same unit and phase, each followed by the operations within it. */
function computation(program: Program, { computed }: TimedStep): Stretch[] {
  const units: { unit: Stretch; operations: Stretch[] }[] = [];
  for (const [index, operation] of program.operations.entries()) {
    const span = spanAt(computed, index);
    if (!span) continue;
    const name = `${operation.unit} ${operation.phase}`;
    const last = units.at(-1);
    if (last?.unit.name === name) last.unit = { ...last.unit, end: span.end };
    else units.push({ unit: { track: 'compute', name, category: 'unit', ...span }, operations: [] });
    // What it only starts shows on the communication track.
    if (isCommunication(operation)) continue;
    units.at(-1)!.operations.push({ track: 'compute', ...described(program, operation, index), ...span });
  }
  return units.flatMap(({ unit, operations }) => [unit, ...operations]);
}

function communication(program: Program, { communicated }: TimedStep): Stretch[] {
  return program.operations.flatMap((operation, index): Stretch[] => {
    const span = spanAt(communicated, index);
    return span ? [{ track: 'communication', ...described(program, operation, index), ...span }] : [];
  });
}

function described(program: Program, operation: Operation, index: number) {
  const { unit, phase } = operation;
  const args = { index, unit, phase, value: subjectOf(program, operation), ...operationCost(program, operation) };
  return { name: labelOf(program, operation), category: phase, args };
}
