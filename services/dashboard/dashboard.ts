/**
 * The dashboard: a page over HTTP that shows what the server of jobs does. It only reads.
 *
 *     events of jobs ──▶ job board ─┐
 *     folders of results ───────────┼──▶ sources ──▶ channels ──▶ server-sent events, JSON ──▶ page/
 *     ends of topics ───────────────┘
 */
import { realpathSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { isLoopback } from '../../actors/runtime/security.ts';
import { type AuspexError, messageOf } from '../../errors.ts';
import type { MessageBus, TopicOffset } from '../bus/message-bus.ts';
import type { JobBoard } from '../jobs/job-board.ts';
import { DashboardError, type DashboardErrorCode, STATUS_OF } from './errors.ts';
import { EventStreams } from './event-stream.ts';
import { addPageFiles } from './page-files.ts';
import { Routes } from './routes.ts';
import { type Authorise, addSecurity, HEADERS, HEALTH } from './security.ts';
import { Monitors } from './sources/monitors.ts';
import { TopicLag } from './sources/topic-lag.ts';

export interface DashboardOptions {
  readonly bus: MessageBus;
  readonly board: JobBoard;
  /** In which every job has a folder of its results. */
  readonly outRoot: string;
  /** Folders that `auspex monitor` writes. */
  readonly monitors: readonly string[];
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** PEM; with `ca`, every browser has to have a certificate of that authority. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer } | undefined;
  /** Who may see it; without it, only this machine may reach it. */
  readonly authorise?: Authorise | undefined;
  onWarning?(message: string): void;
}

export interface Dashboard {
  /** `http://host:port`, or `https://` */
  readonly url: string;
  /** How far the server of jobs has read a topic. */
  noteRead(topic: string, place: TopicOffset): void;
  close(): Promise<void>;
}

/** @throws DashboardError DASHBOARD_INSECURE, DASHBOARD_LISTEN_FAILED */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { bus, board, host, port, authorise, tls } = options;
  if (!isLoopback(host) && !authorise) {
    const message =
      `Listening on ${host} would show all jobs to whoever reaches it. Say who may see them with --clients FILE ` +
      '(`auspex token` makes it), or listen on 127.0.0.1.';
    throw new DashboardError('DASHBOARD_INSECURE', message);
  }
  if (!isLoopback(host) && !tls) {
    options.onWarning?.(
      `Tokens travel to ${host} unencrypted: give --tls-cert and --tls-key on networks that others share.`,
    );
  }
  const lag = new TopicLag(bus);
  const streams = new EventStreams(authorise);
  const monitors = new Monitors(options.monitors);
  const routes = new Routes({ board, lag, monitors, streams, outRoot: realpathSync(options.outRoot) });
  const server: FastifyInstance = fastify({
    // The type of `https` knows servers with it, and those without, but not one that may be either.
    https: (tls ? { ...tls, requestCert: tls.ca !== undefined } : null) as null,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1000 },
    // What is no address at all comes past the hooks.
    frameworkErrors(_, __, reply: FastifyReply) {
      void reply.headers(HEADERS).code(400).send(NOT_UNDERSTOOD);
    },
  });
  let failure: unknown;
  const forget = board.subscribe(
    () => undefined,
    (error) => {
      failure = error;
    },
  );
  addSecurity(server, authorise);
  addErrors(server, (message) => options.onWarning?.(message));
  server.get(HEALTH, async (_, reply) => {
    if (failure === undefined) return { status: 'serving' };
    return reply.code(503).send({ status: 'failed' });
  });
  addPageFiles(server);
  routes.add(server);
  try {
    await server.listen({ host, port });
  } catch (cause) {
    const message = `Nothing can listen on ${host}:${port}: ${messageOf(cause)}. Choose another port, or end what listens there.`;
    throw new DashboardError('DASHBOARD_LISTEN_FAILED', message, { cause });
  }
  const { port: actual } = server.server.address() as AddressInfo;
  return {
    url: `http${tls ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    noteRead: (topic, place) => lag.noteRead(topic, place),
    async close() {
      forget();
      routes.close();
      streams.close();
      await server.close();
    },
  };
}

const NOT_UNDERSTOOD = bad('DASHBOARD_BAD_REQUEST', 'The request cannot be understood.');

/** Errors as JSON; of those that nobody foresaw the message goes to the operator and not to whoever asked. */
function addErrors(server: FastifyInstance, warn: (message: string) => void): void {
  server.setErrorHandler((error: FastifyError | AuspexError, _, reply) => {
    if (error instanceof DashboardError) {
      return reply.code(STATUS_OF[error.code]).send({ code: error.code, message: error.message });
    }
    const isRequest = 'statusCode' in error && (error.statusCode ?? 500) < 500;
    if (isRequest) return reply.code(400).send(NOT_UNDERSTOOD);
    warn(`The dashboard failed to answer: ${messageOf(error)}`);
    return reply
      .code(503)
      .send(bad('DASHBOARD_UNAVAILABLE', 'What was asked for cannot be read now; the server has warned.'));
  });
  server.setNotFoundHandler((request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD') {
      return reply.code(404).send(bad('DASHBOARD_NOT_FOUND', 'There is nothing at this address.'));
    }
    return reply
      .code(405)
      .header('allow', 'GET, HEAD')
      .send(bad('DASHBOARD_BAD_REQUEST', 'This server is only read from.'));
  });
}

function bad(code: DashboardErrorCode, message: string) {
  return { code, message };
}
