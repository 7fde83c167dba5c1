/** What is seen of the API's calls: metrics, a span for each, and a warning of errors that nobody foresaw. */
import { status } from '@grpc/grpc-js';
import { AuspexError } from '../../errors.ts';
import type { CallObserver } from '../api/rpc/serve-methods.ts';
import type { MetricRegistry } from './metric-registry.ts';
import { rpcMetrics } from './rpc-metrics.ts';
import type { Tracing } from './span.ts';

export function observeCalls(
  registry: MetricRegistry,
  tracing: Tracing,
  onWarning: (message: string) => void,
): CallObserver {
  const metrics = rpcMetrics(registry);
  return {
    began(rpc, parent) {
      const began = performance.now();
      const attributes = { 'rpc.system': 'grpc', 'rpc.service': rpc.service, 'rpc.method': rpc.method };
      const span = tracing.start(`${rpc.service}/${rpc.method}`, { parent, kind: 'server', attributes });
      let isStream = false;
      return {
        traceparent: span.traceparent,
        message(direction) {
          if (!isStream) metrics.streamOpened(rpc);
          isStream = true;
          metrics.message(rpc, direction);
        },
        ended(code, error) {
          if (isStream) metrics.streamClosed(rpc);
          metrics.ended(rpc, status[code] ?? String(code), (performance.now() - began) / 1000);
          span.set({ 'rpc.grpc.status_code': code });
          // What a caller did wrong is no error of the server's.
          const isForeseen = error === undefined || error instanceof AuspexError;
          if (!isForeseen) onWarning(`${rpc.service}/${rpc.method}: ${error instanceof Error ? error.stack : error}`);
          span.end(isForeseen ? undefined : error);
        },
      };
    },
  };
}
