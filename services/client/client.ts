/**
 * A client of the gRPC API in TypeScript:
 *
 *     const client = connect('127.0.0.1:7470', { token });
 *     const job = await client.jobs.submitJob({ id: 'first', training: { preset: 'tiny', data: '/data/photos' } });
 *     for await (const event of client.jobs.streamJobEvents({ id: job.id })) console.log(event.event);
 *     client.close();
 *
 * What a service can do stands in protos/auspex/v1; the names here begin with a small letter.
 */
import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import {
  CHECKPOINT_SERVICE,
  EMBEDDING_SERVICE,
  EVALUATION_SERVICE,
  JOB_SERVICE,
  SEARCH_SERVICE,
} from '../api/contract.ts';
import { drained } from '../api/rpc/drained.ts';
import { type AnyMethod, type Method, pathOf, type Service } from '../api/rpc/method.ts';
import { reasonOf } from '../api/rpc/status-details.ts';
import { CallError } from './call-error.ts';

export interface ConnectOptions {
  /** As `auspex token` prints it. */
  readonly token?: string;
  /** PEM files: of the authority that the server's certificate comes from, and with mutual TLS one's own. @default no TLS */
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: string };
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds that the call may take. @default no limit */
  readonly timeout?: number;
}

/** How a method is called. */
export type Callable<M> =
  M extends Method<infer Kind, infer Request, infer _Q, infer _R, infer Response>
    ? Kind extends 'unary'
      ? (request: Request, options?: CallOptions) => Promise<Response>
      : Kind extends 'serverStream'
        ? (request: Request, options?: CallOptions) => AsyncGenerator<Response>
        : (requests: Iterable<Request> | AsyncIterable<Request>, options?: CallOptions) => AsyncGenerator<Response>
    : never;

export type ServiceClient<S extends Service> = { readonly [Name in keyof S['methods']]: Callable<S['methods'][Name]> };

export interface AuspexClient {
  readonly jobs: ServiceClient<typeof JOB_SERVICE>;
  readonly embeddings: ServiceClient<typeof EMBEDDING_SERVICE>;
  readonly search: ServiceClient<typeof SEARCH_SERVICE>;
  readonly evaluations: ServiceClient<typeof EVALUATION_SERVICE>;
  readonly checkpoints: ServiceClient<typeof CHECKPOINT_SERVICE>;
  close(): void;
}

/** Bytes of the largest message that a server may answer with. */
const LARGEST_RESPONSE = 2 ** 30;

/** @param address host:port. Nothing is sent before the first call. */
export function connect(address: string, options: ConnectOptions = {}): AuspexClient {
  const channel = new grpc.Client(address, credentialsOf(options), {
    'grpc.max_receive_message_length': LARGEST_RESPONSE,
    'grpc.max_send_message_length': -1,
  });
  const metadata = new grpc.Metadata();
  if (options.token !== undefined) metadata.set('authorization', `Bearer ${options.token}`);
  const clientOf = <S extends Service>(service: S) => serviceClient(channel, service, metadata);
  return {
    jobs: clientOf(JOB_SERVICE),
    embeddings: clientOf(EMBEDDING_SERVICE),
    search: clientOf(SEARCH_SERVICE),
    evaluations: clientOf(EVALUATION_SERVICE),
    checkpoints: clientOf(CHECKPOINT_SERVICE),
    close: () => channel.close(),
  };
}

function credentialsOf({ tls }: ConnectOptions): grpc.ChannelCredentials {
  if (!tls) return grpc.credentials.createInsecure();
  const read = (file: string | undefined) => (file === undefined ? null : readFileSync(file));
  return grpc.credentials.createSsl(read(tls.ca), read(tls.key), read(tls.certificate));
}

function serviceClient<S extends Service>(client: grpc.Client, service: S, metadata: grpc.Metadata): ServiceClient<S> {
  const entries = Object.entries<AnyMethod>(service.methods).map(([name, method]) => [
    name,
    callable(client, pathOf(service, name), method, metadata),
  ]);
  return Object.fromEntries(entries);
}

type Stream = grpc.ClientReadableStream<unknown> | grpc.ClientDuplexStream<unknown, unknown>;

function callable(client: grpc.Client, path: string, method: AnyMethod, metadata: grpc.Metadata): unknown {
  const serialize = (message: unknown) => Buffer.from(method.request.encode(message).finish());
  const deserialize = (bytes: Buffer): unknown => method.response.decode(bytes);
  const deadline = ({ timeout }: CallOptions) => (timeout === undefined ? {} : { deadline: Date.now() + timeout });

  if (method.kind === 'unary') {
    return (request: unknown, options: CallOptions = {}) =>
      new Promise((resolve, reject) => {
        options.signal?.throwIfAborted();
        const done = (error: grpc.ServiceError | null, response: unknown) => {
          options.signal?.removeEventListener('abort', abort);
          if (error) reject(callError(path, error, options));
          else resolve(response);
        };
        const call = client.makeUnaryRequest(path, serialize, deserialize, request, metadata, deadline(options), done);
        const abort = () => call.cancel();
        options.signal?.addEventListener('abort', abort, { once: true });
      });
  }
  if (method.kind === 'serverStream') {
    return (request: unknown, options: CallOptions = {}) =>
      read(
        () => client.makeServerStreamRequest(path, serialize, deserialize, request, metadata, deadline(options)),
        path,
        options,
      );
  }
  return (requests: AsyncIterable<unknown>, options: CallOptions = {}) =>
    read(
      () => {
        const call = client.makeBidiStreamRequest(path, serialize, deserialize, metadata, deadline(options));
        send(call, requests);
        return call;
      },
      path,
      options,
    );
}

/** Reads no faster than its caller; a caller that stops reading ends the call. */
async function* read(open: () => Stream, path: string, options: CallOptions): AsyncGenerator<unknown> {
  options.signal?.throwIfAborted();
  const call = open();
  const abort = () => call.cancel();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    for await (const response of call) yield response;
  } catch (error) {
    throw callError(path, error as grpc.ServiceError, options);
  } finally {
    options.signal?.removeEventListener('abort', abort);
    call.cancel();
  }
}

/** Sends no faster than the server takes; what goes wrong with the requests themselves ends the call. */
async function send(call: grpc.ClientDuplexStream<unknown, unknown>, requests: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const request of requests) {
      if (call.destroyed) return;
      if (!call.write(request)) await drained(call);
    }
    call.end();
  } catch (error) {
    call.destroy(error as Error);
  }
}

/** What was thrown where the call was not ended by gRPC, such as by its own requests, stays what it is. */
function callError(path: string, error: grpc.ServiceError, { signal }: CallOptions): unknown {
  if (signal?.aborted) return signal.reason;
  if (!(error.metadata instanceof grpc.Metadata)) return error;
  return new CallError(path, error.code, reasonOf(error.metadata), error.details, { cause: error });
}
