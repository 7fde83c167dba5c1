/**
 * All that one `auspex serve` is: the server of jobs, and what it offers beside the bus. API and dashboard share one view of all jobs,
 * which follows the events as everybody else does.
 *
 *     bus ──▶ job board ──▶ API, dashboard
 *      └────▶ server of jobs ──▶ metrics, traces
 */
import { mkdirSync, realpathSync } from 'node:fs';
import { ClientsFile } from '../api/access/clients.ts';
import { Gatekeeper } from '../api/access/gatekeeper.ts';
import { readTls, type TlsFiles } from '../api/access/tls.ts';
import { startApi } from '../api/api-server.ts';
import { ApiError } from '../api/errors.ts';
import type { ApiLimits } from '../api/limits.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import { startDashboard } from '../dashboard/dashboard.ts';
import { type Authorise, certificateOf, tokenOf } from '../dashboard/security.ts';
import { JobBoard } from '../jobs/job-board.ts';
import { ResultBoard } from '../jobs/result-board.ts';
import { Roots } from '../jobs/roots.ts';
import { type ServeOptions, serve } from '../jobs/server.ts';
import { createMissingTopics } from '../jobs/topics.ts';
import type { LogFields } from '../logs/logger.ts';
import { serveMetrics } from '../observability/metrics-endpoint.ts';
import { observeCalls } from '../observability/observe-calls.ts';
import { observeServer } from '../observability/observe-server.ts';
import { openTracing } from '../observability/tracing.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface ServerOptions
  extends Omit<ServeOptions, 'bus' | 'roots' | 'observer' | 'onReady' | 'onRead' | 'onWarning'> {
  /** Folders below which jobs may read. */
  readonly roots: readonly string[];
  openBus(): Promise<MessageBus>;
  /** Who may call, and as what; without, only this machine may. */
  readonly clients?: string | undefined;
  /** Of API and dashboard. */
  readonly tls?: TlsFiles | undefined;
  readonly api?: Place | undefined;
  readonly apiLimits: ApiLimits;
  /** With folders that `auspex monitor` writes. */
  readonly dashboard?: (Place & { readonly monitors: readonly string[] }) | undefined;
  readonly metrics?: Place | undefined;
  /** What is offered, and where. */
  onListening(what: 'api' | 'dashboard' | 'metrics', address: string): void;
  onReady(bus: MessageBus): void;
  onWarning(component: 'api' | 'dashboard' | 'jobs', message: string, about?: LogFields): void;
}

/** @throws ApiError, DashboardError, JobsError, BusError, ObservabilityError */
export async function runServer(options: ServerOptions): Promise<void> {
  // In the order in which they were opened; closed in the other.
  const opened: { close(): unknown }[] = [];
  const keep = <T extends { close(): unknown }>(one: T): T => {
    opened.push(one);
    return one;
  };
  try {
    await run(options, keep);
  } finally {
    for (const one of opened.reverse()) await one.close();
  }
}

type Keep = <T extends { close(): unknown }>(one: T) => T;

async function run(options: ServerOptions, keep: Keep): Promise<void> {
  const { api, dashboard, metrics, state, signal } = options;
  const tls = options.tls && readTls(options.tls);
  mkdirSync(options.outRoot, { recursive: true });
  const outRoot = realpathSync(options.outRoot);
  const roots = new Roots([...options.roots, outRoot]);
  const bus = keep(await options.openBus());
  const warn = (component: 'api' | 'dashboard' | 'jobs') => (message: string, about?: LogFields) =>
    options.onWarning(component, message, about);

  const tracing = keep(await openTracing('auspex-server', warn('jobs')));
  const observation = keep(observeServer(bus, state, tracing));
  if (metrics) options.onListening('metrics', keep(await serveMetrics(observation.registry, metrics)).url);

  await createMissingTopics(bus);
  const board = api || dashboard ? keep(await JobBoard.open(bus, signal)) : undefined;
  const results = api && keep(await ResultBoard.open(bus, warn('api'), signal));
  if (signal.aborted) return;
  const gatekeeper = new Gatekeeper({
    clients: options.clients === undefined ? undefined : new ClientsFile(options.clients, warn('api')),
    callsPerSecond: options.apiLimits.callsPerSecond,
  });
  const apiServer =
    api &&
    keep(
      await startApi({
        ...{ bus, state, gatekeeper, tls, limits: options.apiLimits, ...api },
        ...{ board: board!, results: results!, roots },
        observer: observeCalls(observation.registry, tracing, warn('api')),
        onWarning: warn('api'),
      }),
    );
  if (apiServer) options.onListening('api', `${apiServer.host}:${apiServer.port}`);
  const page =
    dashboard &&
    keep(
      await startDashboard({
        ...{ bus, board: board!, outRoot, tls, ...dashboard },
        authorise: gatekeeper.knowsClients ? authoriseBy(gatekeeper) : undefined,
        onWarning: warn('dashboard'),
      }),
    );
  if (page) options.onListening('dashboard', page.url);

  const stop = new AbortController();
  const serving = serve({
    ...options,
    signal: AbortSignal.any([options.signal, stop.signal]),
    bus,
    roots,
    outRoot,
    observer: observation.observer,
    onReady() {
      apiServer?.setServing(true);
      options.onReady(bus);
    },
    onRead: (topic, place) => page?.noteRead(topic, place),
    onEvent(event) {
      observation.event(event);
      options.onEvent?.(event);
    },
    onWarning: warn('jobs'),
  });
  const boards = [board, results].filter((one) => one !== undefined);
  try {
    // A board that has failed knows less from then on than it is asked for.
    await Promise.race([serving, ...boards.map(({ failed }) => failed)]);
  } finally {
    stop.abort();
    await serving.catch(() => undefined);
  }
}

/** Every role may look. */
function authoriseBy(gatekeeper: Gatekeeper): Authorise {
  return async (request) => {
    try {
      const credentials = { token: tokenOf(request), certificate: certificateOf(request) };
      return await gatekeeper.identify(credentials, `${request.ip}:${request.socket.remotePort}`);
    } catch (error) {
      if (error instanceof ApiError) return undefined;
      throw error;
    }
  };
}
