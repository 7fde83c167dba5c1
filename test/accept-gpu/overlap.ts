/** What a trace of a step says of exchanges: how much of them lies beside what is computed. */
import type { Trace, TraceEvent } from '../../training/profile/trace.ts';

type Stretch = Extract<TraceEvent, { ph: 'X' }>;

export interface Overlap {
  readonly exchanges: number;
  /** Of all exchanges, in milliseconds; and the part of it in which the compute thread was at work, and not waiting for them. */
  readonly exchanging: number;
  readonly beside: number;
  /** Of the compute thread, waiting for exchanges. */
  readonly awaiting: number;
}

/** @param trace of one rank's step (training/profile/trace.ts) */
export function overlapOf({ traceEvents }: Trace): Overlap {
  const on = (track: string) => {
    const named = traceEvents.find(
      ({ ph, name, args }) => ph === 'M' && name === 'thread_name' && 'name' in args && args.name === track,
    );
    return traceEvents.filter((event): event is Stretch => event.ph === 'X' && event.tid === named?.tid);
  };
  const computing = on('compute').filter(({ cat }) => cat !== 'unit');
  const isAwait = ({ name }: Stretch) => name === 'await';
  const exchanges = on('communication');
  const length = (stretches: readonly Stretch[]) => stretches.reduce((sum, { dur }) => sum + dur, 0) / 1000;
  const beside = exchanges.flatMap((exchange) =>
    computing
      .filter((operation) => !isAwait(operation))
      .map(({ ts, dur }) => Math.min(ts + dur, exchange.ts + exchange.dur) - Math.max(ts, exchange.ts))
      .filter((microseconds) => microseconds > 0),
  );
  return {
    exchanges: exchanges.length,
    exchanging: length(exchanges),
    beside: beside.reduce((sum, microseconds) => sum + microseconds, 0) / 1000,
    awaiting: length(computing.filter(isAwait)),
  };
}

export function describeOverlap({ exchanges, exchanging, beside, awaiting }: Overlap): string[] {
  const share = exchanging > 0 ? Math.round((100 * beside) / exchanging) : 0;
  return [
    `${exchanges} exchanges, ${exchanging.toFixed(1)} ms of them; ${beside.toFixed(1)} ms (${share} %) beside operations of the step`,
    `the thread that issues the step waited ${awaiting.toFixed(1)} ms for them`,
  ];
}
