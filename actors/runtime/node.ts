/**
 * Nodes: actor systems of several processes, joined over gRPC.
 *
 * One process listens, the others dial it; whoever dials needs no open port. Two that dialled the same listener cannot
 * speak to each other: a reference to an actor of the one is of no use to the other (NODE_LOST).
 */
import type { ActorRef } from './reference.ts';
import type { ActorSystem } from './system.ts';

/** Who knocks. */
export interface NodeHello {
  readonly name: string;
  readonly epoch: string;
  readonly softwareVersion: string;
  /** Whatever the dialling side gave as `hello`. */
  readonly hello: unknown;
}

export type Admission = { readonly kind: 'admit' } | { readonly kind: 'refuse'; readonly reason: string };

/** Files are PEM. `mutualTls` checks both sides' certificates; `token` alone is a shared secret, sent in plain text. */
export type Security =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'mutualTls';
      readonly caFile: string;
      readonly certificateFile: string;
      readonly keyFile: string;
      /** Asked for on top of the certificates. */
      readonly token?: string;
    };

export interface LinkOptions {
  readonly softwareVersion: string;
  /** @default none */
  readonly security?: Security;
  readonly heartbeat?: Heartbeat;
  /** The sum of a message's bytes, refused above with MESSAGE_TOO_LARGE on the sending side. @default 1 GiB */
  readonly maximumMessageBytes?: number;
}

/** Both sides of a link should have the same. */
export interface Heartbeat {
  /** Milliseconds. @default 1000 */
  readonly intervalMs: number;
  /** A node that was silent for so long is lost. @default 10,000 @minimum twice the interval */
  readonly timeoutMs: number;
}

export interface ListenOptions extends LinkOptions {
  /** Anything but loopback needs `security`. @default 127.0.0.1 */
  readonly host?: string;
  /** @default 0, which takes a free one */
  readonly port?: number;
  /** Decides on every new session, not when one is resumed. @default admits everybody */
  admit?(hello: NodeHello): Admission | Promise<Admission>;
}

export interface DialOptions extends LinkOptions {
  /** `host:port` */
  readonly address: string;
  /** Plain data for the listening side's `admit`. */
  readonly hello?: unknown;
}

/** The other end of a link. */
export interface RemoteNode {
  readonly name: string;
  readonly epoch: string;
  readonly softwareVersion: string;
  /** What it said when it dialled; undefined for the listening side. */
  readonly hello: unknown;
  /** The actor that has the path when a message arrives. There need not be one yet; Received is taken on trust. */
  actor<Received>(path: string): ActorRef<Received>;
}

export interface ListeningNode {
  readonly host: string;
  readonly port: number;
  /** Those that are not lost. */
  peers(): readonly RemoteNode[];
  /** Ends every link, so that the others learn at once, and stops listening. The system's actors go on. */
  close(): Promise<void>;
}

export interface DialledNode {
  /** The listening node, as of the present session. */
  readonly peer: RemoteNode;
  /** Says goodbye, so that the other side learns at once. */
  close(): Promise<void>;
}

/**
 * Lets other nodes join. Those that come and go are told through `system.subscribe`.
 * @throws ActorError INSECURE_LISTENER, LISTEN_FAILED, BAD_ACTOR_OPTION
 */
export function listen(_system: ActorSystem, _options: ListenOptions): Promise<ListeningNode> {
  throw new Error('not yet');
}

/**
 * Joins a listening node; resolves when that has admitted us. A broken connection is made again: within the heartbeat's
 * timeout the session goes on without loss, after it the node is lost and a new session begins as soon as it answers.
 * @throws ActorError CONNECT_FAILED when there is no answer within the heartbeat's timeout, NODE_REFUSED, NODE_NAME_TAKEN,
 * PROTOCOL_MISMATCH, UNAUTHENTICATED, BAD_ACTOR_OPTION
 */
export function dial(_system: ActorSystem, _options: DialOptions): Promise<DialledNode> {
  throw new Error('not yet');
}
