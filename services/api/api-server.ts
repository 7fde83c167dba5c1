/** The gRPC server: who may reach it, its services, health and reflection, and its orderly end. */
import path from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { isLoopback } from '../../actors/runtime/security.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import type { JobBoard } from '../jobs/job-board.ts';
import type { ResultBoard } from '../jobs/result-board.ts';
import type { Roots } from '../jobs/roots.ts';
import { AuditLog } from './access/audit-log.ts';
import type { Gatekeeper } from './access/gatekeeper.ts';
import type { Tls } from './access/tls.ts';
import { checkpointService } from './checkpoints/checkpoint-service.ts';
import {
  CHECKPOINT_SERVICE,
  EMBEDDING_SERVICE,
  EVALUATION_SERVICE,
  JOB_SERVICE,
  SEARCH_SERVICE,
  SERVICES,
} from './contract.ts';
import { embeddingService } from './embeddings/embedding-service.ts';
import { EncoderPool } from './embeddings/encoder-pool.ts';
import { ApiError } from './errors.ts';
import { evaluationService } from './evaluations/evaluation-service.ts';
import { jobService } from './jobs/job-service.ts';
import type { ApiLimits } from './limits.ts';
import { Admission } from './rpc/admission.ts';
import { Health } from './rpc/health.ts';
import { reflectionService } from './rpc/reflection.ts';
import { addService, type CallObserver, type ServeOptions } from './rpc/serve-methods.ts';
import { IndexStore } from './search/index-store.ts';
import { searchService } from './search/search-service.ts';

export interface ApiOptions {
  readonly bus: MessageBus;
  readonly board: JobBoard;
  readonly results: ResultBoard;
  /** What callers may name. */
  readonly roots: Roots;
  /** Folder for the audit log and for indexes. */
  readonly state: string;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly tls?: Tls | undefined;
  readonly gatekeeper: Gatekeeper;
  readonly limits: ApiLimits;
  readonly observer: CallObserver;
  onWarning?(message: string): void;
}

/** Images of one run of an encoder: for many at a time down to one or two. */
const BATCH_SIZES = [16, 8, 4, 2, 1];

/** That are under way at once, a thousand streams among them; what is more waits at the client. */
const CALLS_OF_A_CONNECTION = 2000;

export interface ApiServer {
  readonly host: string;
  readonly port: number;
  /** Says by the health service whether calls will do well. */
  setServing(serving: boolean): void;
  /** Ends calls with UNAVAILABLE, and the server when they have ended. */
  close(): Promise<void>;
}

/** Milliseconds in which calls that were told to end have to. */
const PATIENCE = 2000;

/** @throws ApiError API_INSECURE, API_LISTEN_FAILED */
export async function startApi(options: ApiOptions): Promise<ApiServer> {
  const { host, port, roots, limits, gatekeeper, observer } = options;
  const warn = (message: string) => options.onWarning?.(message);
  checkExposure(options, warn);
  const credentials = credentialsOf(options.tls);
  const stop = new AbortController();
  const admission = new Admission({ services: SERVICES, gatekeeper, observer });
  const serving: ServeOptions = {
    callerOf: (call) => admission.callerOf(call),
    stillAdmits: (call, needed) => gatekeeper.stillAdmits(call, needed),
    observer,
    signal: stop.signal,
  };
  const server = new grpc.Server({
    interceptors: [admission.interceptor],
    'grpc.max_concurrent_streams': CALLS_OF_A_CONNECTION,
    'grpc.max_receive_message_length': limits.messageBytes,
    'grpc.max_send_message_length': -1,
    // A client that vanished without a word must not hold its streams.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  const audit = new AuditLog(path.join(options.state, 'audit.jsonl'));
  const pool = new EncoderPool({
    maximumEncoders: limits.encoders,
    batchSizes: BATCH_SIZES,
    patience: limits.patience,
    imageLimits: { maximumPixels: limits.imagePixels },
    check: (checkpoint) => roots.checkLinks('encoder.checkpoint', roots.folder('encoder.checkpoint', checkpoint)),
  });
  const indexes = new IndexStore(path.join(options.state, 'indexes'));
  const context = { ...options, audit, pool, indexes, maximumImageBytes: limits.imageBytes };
  addService(server, JOB_SERVICE, jobService(context), serving);
  addService(server, EMBEDDING_SERVICE, embeddingService(context), serving);
  addService(server, SEARCH_SERVICE, searchService(context), serving);
  addService(server, EVALUATION_SERVICE, evaluationService(context), serving);
  addService(server, CHECKPOINT_SERVICE, checkpointService(context), serving);
  const health = new Health(SERVICES.map(({ name }) => name));
  health.addToServer(server);
  reflectionService().addToServer(server);
  const bound = await bind(server, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, credentials);
  return {
    host,
    port: bound,
    setServing: (isServing) => health.setServing(isServing),
    close() {
      health.setServing(false);
      stop.abort(new ApiError('API_SHUTTING_DOWN', 'The server ends: call again when it is back.'));
      return shutDown(server).then(() => pool.close());
    },
  };
}

/** @throws ApiError API_INSECURE */
function checkExposure({ host, gatekeeper, tls }: ApiOptions, warn: (message: string) => void): void {
  if (isLoopback(host)) return;
  if (!gatekeeper.knowsClients) {
    const message =
      `Listening on ${host} would let anyone who reaches it submit jobs and read results. Say who may with --clients FILE ` +
      '(`auspex token` makes it), or listen on 127.0.0.1.';
    throw new ApiError('API_INSECURE', message);
  }
  if (tls === undefined)
    warn(
      `Tokens and images travel to ${host} unencrypted: give --tls-cert and --tls-key on networks that others share.`,
    );
}

function credentialsOf(tls: Tls | undefined): grpc.ServerCredentials {
  if (!tls) return grpc.ServerCredentials.createInsecure();
  const { cert, key, ca } = tls;
  return grpc.ServerCredentials.createSsl(ca ?? null, [{ cert_chain: cert, private_key: key }], ca !== undefined);
}

/** @throws ApiError API_LISTEN_FAILED */
function bind(server: grpc.Server, address: string, credentials: grpc.ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (cause, port) => {
      if (!cause) return resolve(port);
      reject(new ApiError('API_LISTEN_FAILED', `Nothing can listen on ${address}: ${cause.message}`, { cause }));
    });
  });
}

function shutDown(server: grpc.Server): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => server.forceShutdown(), PATIENCE);
    server.tryShutdown(() => {
      clearTimeout(patience);
      resolve();
    });
  });
}
