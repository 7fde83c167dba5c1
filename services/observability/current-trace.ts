/** Which trace the present work belongs to: what logs need to be found beside it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { parseTraceparent, type Span } from './span.ts';

const present = new AsyncLocalStorage<Span>();
let ofProcess: Span | undefined;

/** Runs work, and all that it starts, as part of a span. */
export function withSpan<T>(span: Span, work: () => T): T {
  return span.traceparent === undefined ? work() : present.run(span, work);
}

/** Of a process that does one thing: its work is part of this span unless `withSpan` says otherwise. */
export function setSpanOfProcess(span: Span | undefined): void {
  ofProcess = span;
}

export function currentSpan(): Span | undefined {
  return present.getStore() ?? ofProcess;
}

/** 32 hexadecimal digits; undefined where nothing is traced. */
export function currentTraceId(): string | undefined {
  return parseTraceparent(currentSpan()?.traceparent)?.traceId;
}
