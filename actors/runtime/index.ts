/** Actors with bounded mailboxes, supervision and typed errors, and references that work across processes. */
export type {
  ActorContext,
  Behaviour,
  Message,
  RestartWindow,
  SpawnOptions,
  Termination,
} from './behaviour.ts';
export { dial } from './dial.ts';
export { ActorError, type ActorErrorCode } from './errors.ts';
export type { ActorMetrics, DeadLetter, SystemEvent, SystemListener, SystemMetrics } from './events.ts';
export type { Heartbeat } from './heartbeat.ts';
export { listen } from './listen.ts';
export type {
  Admission,
  DialledNode,
  DialOptions,
  LinkOptions,
  ListeningNode,
  ListenOptions,
  NodeHello,
  RemoteNode,
  Security,
} from './node.ts';
export { type ActorAddress, type ActorRef, type AskOptions, sameActor } from './reference.ts';
export { ActorSystem, type ActorSystemOptions } from './system.ts';
