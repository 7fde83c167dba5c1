/** A planned step as the trace that a measured one gives: `auspex profile --trace` and Figure 3 show both alike. */
import { type Trace, traceOf } from '../profile/trace.ts';
import type { PlannedStep } from './plan.ts';

export function plannedTrace({ program, run }: PlannedStep): Trace {
  const { computed, communicated, seconds } = run;
  // An operation that takes no time at all is none that ran.
  return traceOf(program, { begin: 0, end: seconds, computed, communicated, beside: [], loading: [] });
}
