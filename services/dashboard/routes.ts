/** Everything that the page is given, as plain JSON and as streams of events. Nothing here changes anything. */
import path from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { jobId } from '../jobs/job.ts';
import type { JobBoard } from '../jobs/job-board.ts';
import { Channel } from './channel.ts';
import { DashboardError } from './errors.ts';
import type { EventStreams } from './event-stream.ts';
import { INERT_POLICY } from './security.ts';
import { evaluations } from './sources/evaluations.ts';
import { JobsSource } from './sources/jobs.ts';
import type { Monitors } from './sources/monitors.ts';
import { RunSource } from './sources/run.ts';
import type { TopicLag } from './sources/topic-lag.ts';

export interface RouteOptions {
  readonly board: JobBoard;
  readonly lag: TopicLag;
  readonly monitors: Monitors;
  readonly outRoot: string;
  readonly streams: EventStreams;
}

const JOBS = 'jobs';

export class Routes {
  readonly #options: RouteOptions;
  /** One for all browsers that follow the same. */
  readonly #channels = new Map<string, Channel>();

  constructor(options: RouteOptions) {
    this.#options = options;
  }

  add(server: FastifyInstance): void {
    const { board, lag, monitors, outRoot, streams } = this.#options;
    server.get('/api/jobs', async () => merged(await this.#jobs().read()));
    server.get('/api/events', (request, reply) => streams.follow(this.#jobs(), request, reply));
    server.get('/api/jobs/:id', async (request) => merged(await this.#run(request).read()));
    server.get('/api/jobs/:id/events', (request, reply) => streams.follow(this.#run(request), request, reply));
    server.get('/api/topics', async () => ({ topics: await lag.incoming() }));
    server.get('/api/evaluations', async () => ({ evaluations: await evaluations(board, outRoot) }));
    server.get('/api/monitors', async () => ({ monitors: await monitors.list() }));
    server.get('/api/monitors/:number/map.svg', async (request, reply) => {
      return inert(reply, 'image/svg+xml').send(await monitors.map(numberOf(request)));
    });
    server.get('/monitors/:number', async (request, reply) => {
      return inert(reply, 'text/html; charset=utf-8').send(await monitors.page(numberOf(request)));
    });
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close();
  }

  #jobs(): Channel {
    return this.#channel(JOBS, () => new JobsSource(this.#options.board, this.#options.lag));
  }

  /** @throws DashboardError DASHBOARD_BAD_REQUEST, DASHBOARD_NOT_FOUND */
  #run(request: FastifyRequest): Channel {
    const { board, lag, outRoot } = this.#options;
    const { success, data: id } = jobId.safeParse((request.params as { id?: unknown }).id);
    if (!success) throw new DashboardError('DASHBOARD_BAD_REQUEST', 'That is no id of a job.');
    if (!board.get(id)) throw new DashboardError('DASHBOARD_NOT_FOUND', 'There is no job of this id.');
    const places = { id, folder: path.join(outRoot, id) };
    return this.#channel(`job ${id}`, () => new RunSource(board, lag, places));
  }

  #channel(name: string, makeSource: () => JobsSource | RunSource): Channel {
    const known = this.#channels.get(name);
    if (known) return known;
    const channel = new Channel(makeSource(), () => this.#channels.delete(name));
    this.#channels.set(name, channel);
    return channel;
  }
}

/** The updates of a snapshot as one object: by the events' names, or as they are where there is one. */
function merged(updates: readonly { readonly event: string; readonly data: unknown }[]): Record<string, unknown> {
  return Object.fromEntries(updates.map(({ event, data }) => [event, data]));
}

function inert(reply: FastifyReply, type: string): FastifyReply {
  return reply.headers({ 'content-security-policy': INERT_POLICY, 'content-type': type, 'cache-control': 'no-cache' });
}

/** @throws DashboardError DASHBOARD_BAD_REQUEST */
function numberOf(request: FastifyRequest): number {
  const { number } = request.params as { number: string };
  if (/^\d{1,4}$/.test(number)) return Number(number);
  throw new DashboardError('DASHBOARD_BAD_REQUEST', 'That is no number of a monitor.');
}
