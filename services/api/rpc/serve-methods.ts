/** What implements a service, as gRPC calls it: errors become statuses, cancellation a signal, and slow readers hold back writers. */
import type * as grpc from '@grpc/grpc-js';
import { messageOf } from '../../../errors.ts';
import { ApiError } from '../errors.ts';
import { drained } from './drained.ts';
import type { AnyMethod, Method, MethodKind, Role, Service } from './method.ts';
import { pathOf, protocolName } from './method.ts';
import { statusObjectOf } from './status.ts';

/** Who calls. */
export interface Caller {
  readonly name: string;
  readonly role: string;
  /** Address and port. */
  readonly peer: string;
}

export interface Call {
  readonly caller: Caller;
  /** Aborted when the caller cancels, its deadline passes, or the server ends. */
  readonly signal: AbortSignal;
  /** W3C `traceparent` of what the call leads to; undefined where nothing is traced. */
  readonly traceparent: string | undefined;
}

/** A method as others name it. */
export interface Rpc {
  /** Such as `auspex.v1.JobService`. */
  readonly service: string;
  readonly method: string;
}

/** What is seen of calls. Nothing in it decides anything. */
export interface CallObserver {
  /** @param traceparent of the caller, where it has one. @returns what is told of the call's end */
  began(rpc: Rpc, traceparent: string | undefined): ObservedCall;
}

export interface ObservedCall {
  /** For what the call leads to elsewhere. */
  readonly traceparent: string | undefined;
  /** A message of a stream. */
  message(direction: 'received' | 'sent'): void;
  /** @param code of gRPC; 0 for a call that went well. @param error what was thrown, where it did not */
  ended(code: number, error?: unknown): void;
}

export interface ServeOptions {
  /** Who makes a call that was let in. */
  callerOf(call: IncomingCall): Caller;
  /** Whether whoever makes it may go on with a method of this role. */
  stillAdmits(call: IncomingCall, needed: Role): boolean;
  readonly observer: CallObserver;
  /** Ends all calls. */
  readonly signal: AbortSignal;
}

export type IncomingCall = Pick<grpc.ServerUnaryCall<unknown, unknown>, 'metadata' | 'getPeer' | 'getAuthContext'>;

/** What a service has to implement. */
export type Handlers<S extends Service> = { readonly [Name in keyof S['methods']]: Handler<S['methods'][Name]> };

type Handler<M> =
  M extends Method<infer Kind, infer _Q, infer Request, infer Response, infer _R>
    ? Kind extends 'unary'
      ? (request: Request, call: Call) => Promise<Response>
      : Kind extends 'serverStream'
        ? (request: Request, call: Call) => AsyncIterable<Response>
        : (requests: AsyncIterable<Request>, call: Call) => AsyncIterable<Response>
    : never;

type AnyCall = IncomingCall & NodeJS.EventEmitter & { readonly cancelled: boolean };

/** Adds a service to a server. */
export function addService<S extends Service>(
  server: grpc.Server,
  service: S,
  handlers: Handlers<S>,
  options: ServeOptions,
): void {
  const definition: Record<string, grpc.MethodDefinition<unknown, unknown>> = {};
  const implementation: Record<string, grpc.UntypedHandleCall> = {};
  const calls = new OpenCalls(options.signal);
  for (const [name, method] of Object.entries<AnyMethod>(service.methods)) {
    definition[name] = definitionOf(service, name, method);
    implementation[name] = implementationOf(service, name, method, handlers[name] as AnyHandler, calls, options);
  }
  server.addService(definition, implementation);
}

/** Milliseconds after which calls of a client that was taken out are ended. */
const LOOK_AGAIN_AFTER = 1000;

/** Calls that are under way. What AbortSignal.any makes of the server's signal would stay at it until the server ends. */
class OpenCalls {
  readonly #stop: AbortSignal;
  /** With what says whether they may go on. */
  readonly #open = new Map<AbortController, () => boolean>();

  constructor(stop: AbortSignal) {
    this.#stop = stop;
    const look = setInterval(() => this.#endThoseOfOthers(), LOOK_AGAIN_AFTER);
    look.unref();
    stop.addEventListener('abort', () => {
      clearInterval(look);
      for (const call of this.#open.keys()) call.abort(stop.reason);
    });
  }

  begin(mayGoOn: () => boolean): AbortController {
    const call = new AbortController();
    if (this.#stop.aborted) call.abort(this.#stop.reason);
    this.#open.set(call, mayGoOn);
    return call;
  }

  #endThoseOfOthers(): void {
    for (const [call, mayGoOn] of this.#open) {
      if (mayGoOn()) continue;
      call.abort(new ApiError('API_UNAUTHENTICATED', 'The client was taken out, or may no longer do this.'));
    }
  }

  end(call: AbortController): void {
    this.#open.delete(call);
  }
}

function definitionOf(service: Service, name: string, method: AnyMethod): grpc.MethodDefinition<unknown, unknown> {
  return {
    path: pathOf(service, name),
    requestStream: method.kind === 'bidiStream',
    responseStream: method.kind !== 'unary',
    requestSerialize: (message) => bufferOf(method.request.encode(message)),
    // Decoded where it is served: what cannot be is the caller's fault, and gRPC would call it the server's.
    requestDeserialize: (bytes) => bytes,
    responseSerialize: (message) => bufferOf(method.response.encode(message)),
    responseDeserialize: (bytes) => method.response.decode(bytes),
  };
}

function bufferOf(writer: { finish(): Uint8Array }): Buffer {
  const { buffer, byteOffset, byteLength } = writer.finish();
  return Buffer.from(buffer, byteOffset, byteLength);
}

type AnyHandler = (request: unknown, call: Call) => Promise<unknown> | AsyncIterable<unknown>;

function implementationOf(
  service: Service,
  name: string,
  method: AnyMethod,
  handler: AnyHandler,
  calls: OpenCalls,
  options: ServeOptions,
): grpc.UntypedHandleCall {
  const path = pathOf(service, name);
  const rpc: Rpc = { service: service.name, method: protocolName(name) };
  const attempt = async (
    raw: AnyCall,
    work: (call: Call, observed: ObservedCall) => Promise<void>,
    fail: (status: grpc.StatusObject) => void,
  ) => {
    const open = calls.begin(() => options.stillAdmits(raw, method.role));
    raw.on('cancelled', () => open.abort());
    const { signal } = open;
    const observed = options.observer.began(rpc, raw.metadata.get('traceparent')[0]?.toString());
    try {
      const caller = options.callerOf(raw);
      await work({ caller, signal, traceparent: observed.traceparent }, observed);
      observed.ended(0);
    } catch (error) {
      // gRPC has told the caller of a cancellation or a deadline already.
      const thrown = options.signal.aborted ? options.signal.reason : error;
      const status = raw.cancelled ? { ...statusObjectOf(thrown), code: CANCELLED } : statusObjectOf(thrown);
      fail(status);
      observed.ended(status.code, raw.cancelled ? undefined : thrown);
    } finally {
      calls.end(open);
    }
  };
  const decode = (bytes: unknown): unknown => {
    try {
      return method.request.decode(bytes as Uint8Array);
    } catch (cause) {
      throw new ApiError('API_INVALID_REQUEST', `${path} was sent something else: ${messageOf(cause)}`, { cause });
    }
  };
  const stream = (raw: grpc.ServerWritableStream<unknown, unknown>, request: (observed: ObservedCall) => unknown) =>
    attempt(
      raw,
      async (call, observed) => {
        for await (const response of handler(request(observed), call) as AsyncIterable<unknown>) {
          observed.message('sent');
          if (!raw.write(response)) await drained(raw, call.signal);
          call.signal.throwIfAborted();
        }
        raw.end();
      },
      (status) => raw.emit('error', status),
    );
  const byKind: Record<MethodKind, grpc.UntypedHandleCall> = {
    unary: (raw: grpc.ServerUnaryCall<unknown, unknown>, done: grpc.sendUnaryData<unknown>) =>
      attempt(
        raw,
        async (call) => {
          const response = await untilAborted(handler(decode(raw.request), call) as Promise<unknown>, call.signal);
          done(null, response);
        },
        (status) => done(status),
      ),
    serverStream: (raw: grpc.ServerWritableStream<unknown, unknown>) => stream(raw, () => decode(raw.request)),
    bidiStream: (raw: grpc.ServerDuplexStream<unknown, unknown>) =>
      stream(raw as unknown as grpc.ServerWritableStream<unknown, unknown>, (observed) =>
        requestsOf(raw, (bytes) => {
          observed.message('received');
          return decode(bytes);
        }),
      ),
  };
  return byKind[method.kind];
}

const CANCELLED = 1;

/** Requests as they come. A connection that breaks while they do ends them; the call's signal tells that. */
async function* requestsOf(
  raw: grpc.ServerDuplexStream<unknown, unknown>,
  decode: (bytes: unknown) => unknown,
): AsyncGenerator<unknown> {
  for await (const bytes of raw.iterator({ destroyOnReturn: false })) yield decode(bytes);
}

/** A handler that does not look at the signal must not keep a call open. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
