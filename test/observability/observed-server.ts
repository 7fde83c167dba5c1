/** A server of jobs whose metrics and traces a test looks at, and a collector of traces. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { Place } from '../jobs/serving.ts';
import { command } from '../services/cli/built.ts';

export interface ObservedServer {
  readonly process: ChildProcess;
  readonly metrics: string;
  /** host:port of the API. */
  readonly api: string;
}

/** Starts `auspex serve --metrics`, with variables besides those of the test. */
export async function startObserved(place: Place, environment: Record<string, string> = {}): Promise<ObservedServer> {
  const { root, outRoot, state, bus } = place;
  const options = [
    '--root',
    root,
    '--out-root',
    outRoot,
    '--state',
    state,
    '--metrics',
    '0',
    '--api',
    '127.0.0.1:0',
    '--json',
  ];
  const args = [command, 'serve', ...bus, ...options, '--retry-delay', '0.2'];
  const env = { ...process.env, ...environment };
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const offered = new Map<string, string>();
  await new Promise<void>((resolve) => {
    // Its output is read to its end: a server that nobody listens to ends.
    createInterface({ input: server.stdout! }).on('line', (line) => {
      const said = JSON.parse(line) as { event?: string; what: string; address: string };
      if (said.event === 'listening') offered.set(said.what, said.address);
      if (said.event === 'ready') resolve();
    });
    server.once('exit', () => resolve());
  });
  const [metrics, api] = [offered.get('metrics'), offered.get('api')];
  assert.ok(metrics && api && server.exitCode === null, 'the server has ended before it was ready');
  return { process: server, metrics, api };
}

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              kind: z.number(),
              startTimeUnixNano: z.union([z.string(), z.number()]),
              endTimeUnixNano: z.union([z.string(), z.number()]),
              attributes: z.array(attribute).optional(),
              status: z.object({ code: z.number().optional(), message: z.string().optional() }).optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | undefined;
  readonly service: string;
  readonly pid: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface Collector {
  readonly endpoint: string;
  readonly spans: readonly CollectedSpan[];
  close(): Promise<void>;
}

/** Takes spans by OTLP over HTTP, in JSON. */
export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const isTrace = request.method === 'POST' && request.url === '/v1/traces';
    if (isTrace) spans.push(...spansOf(JSON.parse(Buffer.concat(chunks).toString())));
    response.writeHead(isTrace ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function spansOf(body: unknown): CollectedSpan[] {
  return exported.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const { 'service.name': service, 'process.pid': pid } = valuesOf(resource.attributes);
    return scopeSpans
      .flatMap((scope) => scope.spans)
      .map(({ name, traceId, spanId, parentSpanId, attributes = [], status }) => ({
        ...{ name, traceId, spanId, parent: parentSpanId || undefined },
        ...{ service: String(service), pid: Number(pid), failed: status?.code === 2, attributes: valuesOf(attributes) },
      }));
  });
}

function valuesOf(attributes: readonly z.output<typeof attribute>[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
