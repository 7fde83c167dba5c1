/**
 * Actors with bounded mailboxes, supervision and typed errors, and references that work across processes.
 *
 *     type Count = { kind: 'add'; by: number } | { kind: 'read'; replyTo: ActorRef<number> };
 *
 *     const system = new ActorSystem({ name: 'coordinator' });
 *     const counter = system.spawn<number, Count>('counter', {
 *       start: () => 0,
 *       async receive(sum, message) {
 *         if (message.kind === 'add') return sum + message.by;
 *         await message.replyTo.tell(sum);
 *         return sum;
 *       },
 *     });
 *     await counter.tell({ kind: 'add', by: 2 });
 *     await counter.ask<number>((replyTo) => ({ kind: 'read', replyTo }), { deadline: 1000 }); // 2
 *
 * Another process reaches the same actor, if this one calls `listen(system, ...)`:
 *
 *     const node = await dial(new ActorSystem({ name: 'worker-0' }), { address, softwareVersion });
 *     await node.peer.actor<Count>('counter').tell({ kind: 'add', by: 1 });
 */
export type { AskTracer, FollowedQuestion, Question } from './ask-tracer.ts';
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
export { checkListener } from './security.ts';
export { ActorSystem, type ActorSystemOptions } from './system.ts';
