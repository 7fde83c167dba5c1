/**
 * Whether the server serves, by the protocol that load balancers ask (grpc.health.v1). Nobody is asked who they are; so nothing is kept of
 * what they name.
 */
import {
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { service } from 'grpc-health-check';

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

interface Request {
  readonly service: string;
}

interface Response {
  readonly status: ServingStatus;
}

type Watcher = ServerWritableStream<Request, Response>;

export class Health {
  readonly #names: ReadonlySet<string>;
  readonly #watchers = new Set<Watcher>();
  #status: ServingStatus = 'NOT_SERVING';

  /** @param names of services; the server as a whole has the empty name. */
  constructor(names: readonly string[]) {
    this.#names = new Set(['', ...names]);
  }

  /** Who is told of changes. */
  get numWatchers(): number {
    return this.#watchers.size;
  }

  setServing(isServing: boolean): void {
    this.#status = isServing ? 'SERVING' : 'NOT_SERVING';
    for (const watcher of this.#watchers) watcher.write({ status: this.#status });
  }

  addToServer(server: Server): void {
    server.addService(service, {
      check: ({ request }: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => {
        if (this.#names.has(request.service)) return done(null, { status: this.#status });
        done({ code: status.NOT_FOUND, details: 'There is no such service.' });
      },
      watch: (call: Watcher) => this.#watch(call),
      list: (_call: unknown, done: sendUnaryData<{ statuses: Record<string, Response> }>) => {
        const statuses = Object.fromEntries([...this.#names].map((name) => [name, { status: this.#status }]));
        done(null, { statuses });
      },
    });
  }

  /** A service that there is not is not going to be: whoever watches it is told so once. */
  #watch(call: Watcher): void {
    if (!this.#names.has(call.request.service)) {
      call.write({ status: 'SERVICE_UNKNOWN' });
      return;
    }
    this.#watchers.add(call);
    call.on('cancelled', () => this.#watchers.delete(call));
    call.write({ status: this.#status });
  }
}
