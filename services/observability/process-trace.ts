/** A process that does one thing, as a span: below that of whoever started it, if TRACEPARENT says so. */
import type { AskTracer } from '../../actors/runtime/index.ts';
import { traceAsks } from './ask-spans.ts';
import { setSpanOfProcess } from './current-trace.ts';
import { type Attributes, NO_TRACING, type Span, type Tracing } from './span.ts';
import { openTracing } from './tracing.ts';

export interface ProcessTrace {
  readonly tracing: Tracing;
  readonly span: Span;
  /** For an actor system; undefined where nothing is traced. */
  readonly asks: AskTracer | undefined;
  /** For the processes that this one starts. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs work as the span of this process, and sends what was traced before it returns or throws. */
export async function inTrace<T>(
  service: string,
  name: string,
  attributes: Attributes,
  work: (trace: ProcessTrace) => Promise<T>,
): Promise<T> {
  const tracing = await openTracing(service, (message) => process.stderr.write(`warning: ${message}\n`));
  const start = performance.timeOrigin;
  const span = tracing.start(name, { parent: process.env['TRACEPARENT'], start, attributes });
  setSpanOfProcess(span);
  const asks = tracing === NO_TRACING ? undefined : traceAsks(tracing, span);
  const environment = environmentOf(span);
  try {
    const result = await work({ tracing, span, asks, environment });
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  } finally {
    setSpanOfProcess(undefined);
    await tracing.close();
  }
}

/** How a process that is started goes on with a span's trace. */
export function environmentOf({ traceparent }: Span): Readonly<Record<string, string>> {
  return traceparent === undefined ? {} : { TRACEPARENT: traceparent };
}
