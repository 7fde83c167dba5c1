/** Actors with bounded mailboxes, supervision and typed errors, and references that work across processes. */
export type {
  ActorContext,
  Behaviour,
  Message,
  RestartWindow,
  SpawnOptions,
  Termination,
} from './behaviour.ts';
export { ActorError, type ActorErrorCode } from './errors.ts';
export type { ActorMetrics, DeadLetter, SystemEvent, SystemListener, SystemMetrics } from './events.ts';
export {
  type Admission,
  type DialledNode,
  type DialOptions,
  dial,
  type Heartbeat,
  type LinkOptions,
  type ListeningNode,
  type ListenOptions,
  listen,
  type NodeHello,
  type RemoteNode,
  type Security,
} from './node.ts';
export { type ActorAddress, type ActorRef, type AskOptions, sameActor } from './reference.ts';
export { ActorSystem, type ActorSystemOptions } from './system.ts';
