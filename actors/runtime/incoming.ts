/**
 * Messages that come from another node, on their way into mailboxes.
 *
 * Envelopes come in order, the data of large ones later. So every actor has a line here as long as one of its messages is
 * incomplete, and what comes behind that waits; messages to other actors pass.
 */
import type { FollowedQuestion } from './ask-tracer.ts';
import { LONGEST_DEADLINE } from './bound-reference.ts';
import { Assembly, announcedBytes, inlineMessage } from './bulk.ts';
import type { ActorError } from './errors.ts';
import { decodeMessage, type ReceivedMessage } from './message-codec.ts';
import type { Envelope } from './protocol.ts';
import type { ActorAddress, ActorRef } from './reference.ts';
import type { Asker, Target } from './target.ts';

/** What is needed from the link and its node. */
export interface IncomingPort {
  readonly maximumBytes: number;
  /** The actor of this process that has a path, or something that refuses whatever it gets. */
  localTarget(path: string, incarnation: number): Target;
  reference(address: ActorAddress): ActorRef<never>;
  sendAccepted(ids: readonly number[]): void;
  sendRejected(id: number, error: ActorError): void;
  sendAskFailed(path: string, error: Error): void;
  /** A question came whose asker follows it. */
  asked(path: string, message: unknown, traceparent: string): FollowedQuestion | undefined;
}

interface InLine {
  readonly envelope: Envelope;
  /** The whole message, when all of its data is there. */
  readonly message: () => ReceivedMessage | undefined;
}

export class Incoming {
  readonly #port: IncomingPort;
  readonly #lines = new Map<string, InLine[]>();
  readonly #assemblies = new Map<number, { readonly line: string; readonly assembly: Assembly }>();
  /** Data that came before its envelope: the two streams do not wait for each other. */
  readonly #early = new Map<number, Uint8Array[]>();
  /** Askers in the other node whose questions an actor here has, by where they want the answer. */
  readonly #askers = new Map<string, () => void>();
  #accepted: number[] = [];
  #closed = false;

  constructor(port: IncomingPort) {
    this.#port = port;
  }

  /** @throws Error if the other side does not keep to the protocol */
  envelope(envelope: Envelope): void {
    const line = envelope.path ?? '';
    const id = envelope.id!;
    if (!envelope.bulk) {
      this.#enqueue(line, { envelope, message: () => inlineMessage(envelope) });
      return;
    }
    if (announcedBytes(envelope) > this.#port.maximumBytes)
      throw new Error('a message larger than allowed was announced');
    const assembly = new Assembly(envelope);
    this.#assemblies.set(id, { line, assembly });
    this.#enqueue(line, { envelope, message: () => (assembly.isComplete ? assembly.message : undefined) });
    const early = this.#early.get(id) ?? [];
    this.#early.delete(id);
    for (const data of early) this.chunk(id, data);
  }

  /** @throws Error if the other side does not keep to the protocol */
  chunk(id: number, data: Uint8Array): void {
    const found = this.#assemblies.get(id);
    if (!found) {
      this.#early.set(id, [...(this.#early.get(id) ?? []), data]);
      return;
    }
    found.assembly.add(data);
    if (!found.assembly.isComplete) return;
    this.#assemblies.delete(id);
    this.#serve(found.line);
  }

  /** An answer is on its way, so that its question is open no more. */
  answered(replyPath: string): void {
    this.#askers.get(replyPath)?.();
  }

  /** The other node is gone. */
  close(): void {
    this.#closed = true;
    for (const settle of this.#askers.values()) settle();
    this.#lines.clear();
    this.#assemblies.clear();
    this.#early.clear();
  }

  #enqueue(line: string, entry: InLine): void {
    const queue = this.#lines.get(line) ?? [];
    queue.push(entry);
    this.#lines.set(line, queue);
    this.#serve(line);
  }

  /** Hands over all that is complete, up to the first that is not. */
  #serve(line: string): void {
    const queue = this.#lines.get(line) ?? [];
    while (queue.length > 0) {
      const message = queue[0]!.message();
      if (!message) return;
      this.#handOver(queue.shift()!.envelope, message);
    }
    this.#lines.delete(line);
  }

  #handOver({ id, path, incarnation, asker }: Envelope, received: ReceivedMessage): void {
    let accepted: Promise<void>;
    try {
      const message = decodeMessage(received, (address) => this.#port.reference(address));
      const target = this.#port.localTarget(path ?? '', incarnation ?? 0);
      accepted = target.deliver({
        message,
        asker: asker?.path ? this.#asker(asker, path ?? '', message) : undefined,
      });
    } catch (error) {
      accepted = Promise.reject(error);
    }
    accepted.then(
      () => this.#accept(id!),
      (error: ActorError) => {
        if (!this.#closed) this.#port.sendRejected(id!, error);
      },
    );
  }

  /** Several in one frame where they come together. */
  #accept(id: number): void {
    if (this.#closed) return;
    this.#accepted.push(id);
    if (this.#accepted.length > 1) return;
    setImmediate(() => {
      const ids = this.#accepted;
      this.#accepted = [];
      if (!this.#closed) this.#port.sendAccepted(ids);
    });
  }

  #asker({ path, deadlineMs, traceparent }: NonNullable<Envelope['asker']>, to: string, message: unknown): Asker {
    const replyPath = path!;
    const deadline = deadlineMs ?? 0;
    const followed = traceparent ? this.#port.asked(to, message, traceparent) : undefined;
    const settle = (error?: Error) => {
      clearTimeout(timer);
      this.#askers.delete(replyPath);
      followed?.end(error);
      asker.onSettled?.();
    };
    const timer = setTimeout(
      () => settle(new Error('there was no answer in time')),
      Math.min(deadline, LONGEST_DEADLINE),
    );
    const asker: Asker = {
      replyPath,
      deadline,
      onSettled: undefined,
      fail: (error) => {
        if (!this.#askers.has(replyPath)) return;
        settle(error);
        if (!this.#closed) this.#port.sendAskFailed(replyPath, error);
      },
    };
    this.#askers.set(replyPath, settle);
    return asker;
  }
}
