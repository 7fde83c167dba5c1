/** What a gRPC server counts about its calls. Methods and codes come from the protocol, so there are few of them. */
import type { MetricRegistry } from './metric-registry.ts';

export interface RpcMethod {
  /** Such as `auspex.v1.JobService`. */
  readonly service: string;
  readonly method: string;
}

export interface RpcMetrics {
  /** A call has ended. @param code of its status, by name, such as `OK` @param seconds from its first byte to its last */
  ended(rpc: RpcMethod, code: string, seconds: number): void;
  streamOpened(rpc: RpcMethod): void;
  streamClosed(rpc: RpcMethod): void;
  /** A message of a stream, seen from the server. */
  message(rpc: RpcMethod, direction: 'received' | 'sent'): void;
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
const RPC = ['service', 'method'] as const;

export function rpcMetrics(registry: MetricRegistry): RpcMetrics {
  const requests = registry.counter('auspex_rpc_requests_total', 'Calls that have ended, by status code.', [
    ...RPC,
    'code',
  ]);
  const seconds = registry.histogram('auspex_rpc_seconds', 'How long calls took.', BUCKETS, RPC);
  const streams = registry.gauge('auspex_rpc_streams', 'Streams that are open.', RPC);
  const messages = registry.counter('auspex_rpc_stream_messages_total', 'Messages of streams, seen from the server.', [
    ...RPC,
    'direction',
  ]);
  return {
    ended({ service, method }, code, took) {
      requests.add({ service, method, code });
      seconds.observe({ service, method }, took);
    },
    streamOpened: ({ service, method }) => streams.add({ service, method }, 1),
    streamClosed: ({ service, method }) => streams.add({ service, method }, -1),
    message: ({ service, method }, direction) => messages.add({ service, method, direction }),
  };
}
