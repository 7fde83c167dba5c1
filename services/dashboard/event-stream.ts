/** A browser that follows a channel by server-sent events; one that does not keep up is cut off, and comes back by itself. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Channel } from './channel.ts';
import { DashboardError } from './errors.ts';
import type { Authorise } from './security.ts';

/** Bytes that may wait for a browser, beyond the snapshot that it was given at first. */
const LONGEST_BACKLOG = 1024 * 1024;
/** Browsers at once. */
const MOST_STREAMS = 1000;
/** Milliseconds after which a browser whose connection broke tries again. */
const RETRY = 2000;

/** Milliseconds after which a browser is cut off that may no longer look. */
const LOOK_AGAIN_AFTER = 1000;

export class EventStreams {
  /** What ends each, and the request that began it. */
  readonly #ends = new Map<() => void, FastifyRequest>();
  readonly #look: NodeJS.Timeout | undefined;

  /** @param authorise missing where nobody is asked who they are */
  constructor(authorise: Authorise | undefined) {
    if (!authorise) return;
    this.#look = setInterval(() => {
      for (const [end, request] of this.#ends) authorise(request).then((visitor) => visitor ?? end(), end);
    }, LOOK_AGAIN_AFTER);
    this.#look.unref();
  }

  get count(): number {
    return this.#ends.size;
  }

  /** Follows the channel until the browser leaves. @throws DashboardError DASHBOARD_FULL */
  async follow(channel: Channel, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (this.#ends.size >= MOST_STREAMS) {
      throw new DashboardError('DASHBOARD_FULL', `${MOST_STREAMS} pages are open already; close some.`);
    }
    const lastId = request.headers['last-event-id'];
    const response = reply.raw;
    const end = () => response.destroy();
    this.#ends.set(end, request);
    let leave: (() => void) | undefined;
    response.once('close', () => {
      this.#ends.delete(end);
      leave?.();
    });
    reply.hijack();
    response.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${RETRY}\n\n`);
    let allowed = LONGEST_BACKLOG;
    const send = (frame: Buffer) => {
      if (response.destroyed) return;
      if (response.writableLength > allowed) end();
      else response.write(frame);
    };
    try {
      leave = await channel.listen({ send, end }, typeof lastId === 'string' ? lastId : undefined);
    } catch {
      // It comes back, and is told by the page's other requests what is wrong.
      end();
    }
    allowed = Math.max(LONGEST_BACKLOG, response.writableLength + LONGEST_BACKLOG);
    // It may have left meanwhile.
    if (response.destroyed) leave?.();
  }

  close(): void {
    clearInterval(this.#look);
    for (const end of this.#ends.keys()) end();
  }
}
