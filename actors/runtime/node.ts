/**
 * Nodes: actor systems of several processes, joined over gRPC.
 *
 * One process listens, the others dial it; whoever dials needs no open port. Two that dialled the same listener cannot
 * speak to each other: a reference to an actor of the one is of no use to the other (NODE_LOST).
 */
import type { Heartbeat } from './heartbeat.ts';
import type { ActorRef } from './reference.ts';

/** Who knocks. */
export interface NodeHello {
  readonly name: string;
  readonly epoch: string;
  readonly softwareVersion: string;
  /** Whatever the dialling side gave as `hello`. */
  readonly hello: unknown;
}

export type Admission = { readonly kind: 'admit' } | { readonly kind: 'refuse'; readonly reason: string };

/**
 * Who may join. `token` is a shared secret, which is sent in plain text unless there is TLS. `mutualTls` checks both sides'
 * certificates against one authority; files are PEM.
 */
export type Security =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'mutualTls';
      readonly caFile: string;
      readonly certificateFile: string;
      readonly keyFile: string;
    };

export interface LinkOptions {
  readonly softwareVersion: string;
  /** @default none */
  readonly security?: Security;
  /** Both sides should have the same. @default 1000 and 10,000 ms */
  readonly heartbeat?: Heartbeat;
  /** The sum of a message's bytes, refused above with MESSAGE_TOO_LARGE on the sending side. @default 1 GiB */
  readonly maximumMessageBytes?: number;
}

export interface ListenOptions extends LinkOptions {
  /** Anything but loopback needs `security`. @default 127.0.0.1 */
  readonly host?: string;
  /** @default 0, which takes a free one */
  readonly port?: number;
  /** Decides on every new session, not when one is resumed; what it throws refuses. @default admits everybody */
  admit?(hello: NodeHello): Admission | Promise<Admission>;
}

export interface DialOptions extends LinkOptions {
  /** `host:port` */
  readonly address: string;
  /** Plain data for the listening side's `admit`. */
  readonly hello?: unknown;
  /** Ends attempts to reach it. */
  readonly signal?: AbortSignal;
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
