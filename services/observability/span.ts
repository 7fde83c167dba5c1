/** Traces, behind interfaces of our own: tracing.ts stands for OpenTelemetry's, and nothing stands for it where nobody asked. */

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** The span above it, in this process or another, as W3C `traceparent`; a trace begins where there is none that can be read. */
  readonly parent?: string | undefined;
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Milliseconds since 1970. @default now */
  readonly start?: number;
  readonly attributes?: Attributes;
}

export interface Span {
  /** For those who go on with the trace; undefined where nothing is traced. */
  readonly traceparent: string | undefined;
  set(attributes: Attributes): void;
  /** @param error what went wrong, if something did */
  end(error?: unknown): void;
}

export interface Tracing {
  start(name: string, options?: SpanOptions): Span;
  /** Brings what has ended to where traces are kept, in a few seconds at most. */
  close(): Promise<void>;
}

const NO_SPAN: Span = { traceparent: undefined, set() {}, end() {} };

export const NO_TRACING: Tracing = { start: () => NO_SPAN, close: () => Promise.resolve() };

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

/** Reads a W3C `traceparent`; undefined where it is none. */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  const match = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/.exec(
    text ?? '',
  );
  return match ? { traceId: match[1]!, spanId: match[2]!, flags: Number.parseInt(match[3]!, 16) } : undefined;
}

export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
}
