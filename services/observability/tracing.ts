/**
 * OpenTelemetry's traces, and all that is used of it. Its packages are loaded only where the environment asks for traces:
 *
 *     OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT   sent there, as OTLP over HTTP
 *     OTEL_TRACES_EXPORTER = otlp | console | none                      console: JSON lines on standard error
 *     OTEL_SDK_DISABLED = true                                          no traces, whatever else is set
 *
 * Headers, timeouts, sampling and resource attributes are set by their standard variables as well.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attributes, formatTraceparent, NO_TRACING, parseTraceparent, type Span, type Tracing } from './span.ts';

export type TraceTarget = 'otlp' | 'console' | 'none';

/**
 * Milliseconds in which spans have to be sent: a process cannot end before, and must not wait long for a collector that does not
 * answer. OTEL_EXPORTER_OTLP_TIMEOUT may shorten it.
 */
const SENDING = 5000;

/** @param onWarning is told of a value that is not known here */
export function traceTarget(
  environment: Readonly<Record<string, string | undefined>>,
  onWarning: (message: string) => void,
): TraceTarget {
  const value = (name: string) => environment[name]?.trim() ?? '';
  if (value('OTEL_SDK_DISABLED').toLowerCase() === 'true') return 'none';
  const exporter = value('OTEL_TRACES_EXPORTER');
  const endpoints = value('OTEL_EXPORTER_OTLP_ENDPOINT') + value('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  if (exporter === '') return endpoints === '' ? 'none' : 'otlp';
  if (exporter === 'otlp' || exporter === 'console' || exporter === 'none') return exporter;
  onWarning(`OTEL_TRACES_EXPORTER is ${exporter}; known are otlp, console and none. Nothing is traced.`);
  return 'none';
}

/** @param service what this process is in traces, unless OTEL_SERVICE_NAME says otherwise @param onWarning told once of spans that cannot be sent */
export async function openTracing(service: string, onWarning: (message: string) => void): Promise<Tracing> {
  const target = traceTarget(process.env, onWarning);
  return target === 'none' ? NO_TRACING : openSdk(service, target, onWarning);
}

async function openSdk(
  service: string,
  target: 'otlp' | 'console',
  onWarning: (message: string) => void,
): Promise<Tracing> {
  const [api, sdk, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/resources'),
  ]);
  warnOnce(api, onWarning);
  const { envDetector, detectResources, resourceFromAttributes } = resources;
  const own = resourceFromAttributes({ 'service.name': service, 'process.pid': process.pid });
  const exporter = target === 'otlp' ? await otlpExporter() : consoleExporter();
  const provider = new sdk.BasicTracerProvider({
    resource: resources
      .defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter, { exportTimeoutMillis: SENDING })],
  });
  const tracer = provider.getTracer('auspex');
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api;
  const KINDS = {
    internal: SpanKind.INTERNAL,
    server: SpanKind.SERVER,
    client: SpanKind.CLIENT,
    producer: SpanKind.PRODUCER,
    consumer: SpanKind.CONSUMER,
  };
  return {
    start(name, { parent, kind = 'internal', start, attributes } = {}): Span {
      const above = parseTraceparent(parent);
      const context = above
        ? trace.setSpanContext(ROOT_CONTEXT, { ...above, traceFlags: above.flags, isRemote: true })
        : ROOT_CONTEXT;
      const options = { kind: KINDS[kind], startTime: start, attributes };
      const span = tracer.startSpan(name, options, context);
      const { traceId, spanId, traceFlags: flags } = span.spanContext();
      return {
        traceparent: formatTraceparent({ traceId, spanId, flags }),
        set: (more: Attributes) => void span.setAttributes(more),
        end(error) {
          if (!span.isRecording()) return;
          if (error !== undefined) {
            const message = error instanceof Error ? error.message : String(error);
            span.setStatus({ code: SpanStatusCode.ERROR, message });
            if (error instanceof Error) span.recordException(error);
          }
          span.end();
        },
      };
    },
    async close() {
      const late = new AbortController();
      const inTime = sleep(SENDING, 'late' as const, { signal: late.signal }).catch(() => 'ended' as const);
      const sent = provider.shutdown().then(
        () => 'ended' as const,
        (error: Error) => onWarning(`The last spans could not be sent: ${error.message}`),
      );
      if ((await Promise.race([sent, inTime])) === 'late') {
        onWarning(`The last spans could not be sent within ${SENDING / 1000} s.`);
      }
      late.abort();
    },
  };
}

async function otlpExporter() {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const given = process.env['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT'] ?? process.env['OTEL_EXPORTER_OTLP_TIMEOUT'];
  return new OTLPTraceExporter({ timeoutMillis: Math.min(Number(given) || SENDING, SENDING) });
}

/** Standard output belongs to the command's result. */
function consoleExporter(): import('@opentelemetry/sdk-trace-base').SpanExporter {
  return {
    export(spans, done) {
      for (const span of spans) {
        const { traceId, spanId } = span.spanContext();
        const line = {
          span: span.name,
          traceId,
          spanId,
          parentSpanId: span.parentSpanContext?.spanId,
          seconds: span.duration[0] + span.duration[1] / 1e9,
          attributes: span.attributes,
          status: span.status,
          resource: span.resource.attributes,
        };
        process.stderr.write(`${JSON.stringify(line)}\n`);
      }
      done({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
  };
}

/** A collector that is away must be noticed, and must not fill the log. */
function warnOnce({ diag, DiagLogLevel }: typeof import('@opentelemetry/api'), warn: (message: string) => void): void {
  let warned = false;
  const error = (message: string) => {
    if (warned) return;
    warned = true;
    warn(`Spans cannot be sent to where traces are kept: ${message.slice(0, 500)}`);
  };
  const quiet = () => undefined;
  diag.setLogger({ error, warn: quiet, info: quiet, debug: quiet, verbose: quiet }, { logLevel: DiagLogLevel.ERROR });
}
