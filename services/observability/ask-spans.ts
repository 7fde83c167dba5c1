/** Questions between nodes as spans: the first of each kind, and then one now and then, for there may be one at every step. */
import type { AskTracer, FollowedQuestion } from '../../actors/runtime/index.ts';
import type { Span, Tracing } from './span.ts';

const FIRST = 10;
const ONE_IN = 100;

/** @param above what the questions of this process belong to */
export function traceAsks(tracing: Tracing, above: Span): AskTracer {
  const counts = new Map<string, number>();
  const spanOf = (name: string, kind: 'client' | 'server', to: string, parent: string | undefined): FollowedQuestion =>
    tracing.start(name, { parent, kind, attributes: { 'auspex.actor': to } });
  return {
    asking({ to, kind }) {
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      if (count >= FIRST && count % ONE_IN !== 0) return undefined;
      return spanOf(`ask ${kind}`, 'client', to, above.traceparent);
    },
    asked: ({ to, kind }, traceparent) => spanOf(`answer ${kind}`, 'server', to, traceparent),
  };
}
