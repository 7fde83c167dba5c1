/**
 * Lets calls in, or not, before anything of their bodies is received: what comes from somebody who may not call is neither kept nor
 * inflated.
 */
import * as grpc from '@grpc/grpc-js';
import type { Gatekeeper } from '../access/gatekeeper.ts';
import { ApiError } from '../errors.ts';
import { pathOf, type Role, type Service } from './method.ts';
import type { Caller, CallObserver, IncomingCall, Rpc } from './serve-methods.ts';
import { statusObjectOf } from './status.ts';

export interface AdmissionOptions {
  readonly services: readonly Service[];
  readonly gatekeeper: Pick<Gatekeeper, 'admit'>;
  readonly observer: CallObserver;
}

/** How paths begin by which callers ask what services there are. Who asks whether the server is well is not asked who they are. */
const REFLECTION = '/grpc.reflection.';

export class Admission {
  readonly #options: AdmissionOptions;
  /** By path. */
  readonly #roles: ReadonlyMap<string, Role>;
  readonly #callers = new WeakMap<grpc.Metadata, Caller>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#roles = new Map(
      options.services.flatMap((service) =>
        Object.entries(service.methods).map(([name, { role }]) => [pathOf(service, name), role] as const),
      ),
    );
  }

  /** Stands before all services of a server. */
  readonly interceptor: grpc.ServerInterceptor = ({ path }, call) =>
    new grpc.ServerInterceptingCall(call, {
      start: (next) =>
        next({ onReceiveMetadata: (metadata, receive) => void this.#admit(path, call, metadata, receive) }),
    });

  /** Who makes a call that was let in. @throws ApiError API_UNAUTHENTICATED */
  callerOf({ metadata }: Pick<IncomingCall, 'metadata'>): Caller {
    const caller = this.#callers.get(metadata);
    if (caller) return caller;
    throw new ApiError('API_UNAUTHENTICATED', 'Nobody has let this call in.');
  }

  async #admit(
    path: string,
    call: grpc.ServerInterceptingCallInterface,
    metadata: grpc.Metadata,
    receive: (metadata: grpc.Metadata) => void,
  ): Promise<void> {
    const role = this.#roles.get(path) ?? (path.startsWith(REFLECTION) ? 'read' : undefined);
    if (role === undefined) return receive(metadata);
    const incoming = { metadata, getPeer: () => call.getPeer(), getAuthContext: () => call.getAuthContext() };
    try {
      this.#callers.set(metadata, await this.#options.gatekeeper.admit(incoming, role, path));
    } catch (error) {
      const status = statusObjectOf(error);
      const observed = this.#options.observer.began(rpcOf(path), metadata.get('traceparent')[0]?.toString());
      call.sendStatus(status);
      observed.ended(status.code, error);
      return;
    }
    receive(metadata);
  }
}

function rpcOf(path: string): Rpc {
  const [, service, method] = path.split('/') as [string, string, string];
  return { service, method };
}
