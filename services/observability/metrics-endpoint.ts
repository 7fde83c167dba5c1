/** Where metrics are read: at `/metrics` of a small server of their own, or of another that asks for the same text. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../errors.ts';
import { ObservabilityError } from './errors.ts';
import type { Exposition, MetricRegistry } from './metric-registry.ts';

/** For a server that has routes already: what it answers `GET /metrics` with. */
export function metricsRoute(registry: MetricRegistry): () => Promise<Exposition> {
  return () => registry.exposition();
}

export interface MetricsServer {
  /** `http://host:port/metrics` */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws ObservabilityError METRICS_LISTEN_FAILED */
export async function serveMetrics(
  registry: MetricRegistry,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<MetricsServer> {
  const answer = metricsRoute(registry);
  const server = createServer((request, response) => {
    const send = (status: number, type: string, text: string) =>
      response.writeHead(status, { 'content-type': type }).end(request.method === 'HEAD' ? undefined : text);
    const plain = 'text/plain; charset=utf-8';
    if (request.url?.split('?')[0] !== '/metrics') return send(404, plain, 'Metrics are at /metrics.\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, plain, 'Metrics are only read.\n');
    answer().then(
      ({ contentType, text }) => send(200, contentType, text),
      (error: unknown) => send(500, plain, `The metrics cannot be read: ${messageOf(error)}\n`),
    );
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const message = `Metrics cannot be served at ${host}:${port}: ${messageOf(cause)}. Give another address with --metrics.`;
    throw new ObservabilityError('METRICS_LISTEN_FAILED', message, { cause });
  }
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}/metrics`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
