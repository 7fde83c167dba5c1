/**
 * A session with another node: what two starts of two processes have with each other until one of them is lost.
 *
 *   connected ──connection breaks──▶ disconnected ──comes back in time──▶ connected
 *       │                                 │
 *       └── silence, goodbye ──▶ lost ◀───┘ not in time
 *
 * Whoever dials makes new connections (dial.ts); the link only knows that it has one or not.
 */
import { type Core, nodeKey, type Route } from './core.ts';
import { soon } from './departed.ts';
import { ActorError } from './errors.ts';
import { decodeActorError, encodeFailure } from './failure-codec.ts';
import type { FrameStream, StreamName } from './frame-stream.ts';
import { type Heartbeat, Pulse } from './heartbeat.ts';
import { Incoming } from './incoming.ts';
import { kindOf } from './names.ts';
import type { RemoteNode } from './node.ts';
import { withResolvers } from './open-asks.ts';
import { Outgoing } from './outgoing.ts';
import type { Frame, Progress } from './protocol.ts';
import type { ActorAddress } from './reference.ts';
import { ReliableStream } from './reliable-stream.ts';
import { RemoteWatches } from './remote-watches.ts';
import type { Asker, Target } from './target.ts';

/** Bytes that the other side may have under way without having acknowledged them. */
const CONTROL_WINDOW = 4 * 1024 * 1024;
const BULK_WINDOW = 8 * 1024 * 1024;

/** What frames without data count: less than they take, so that the other side never owes less than we wait for. */
const SMALL_FRAME = 8;

export interface LinkSettings {
  readonly heartbeat: Heartbeat;
  readonly maximumMessageBytes: number;
}

export class Link implements Route {
  readonly session: string;
  readonly peer: RemoteNode;
  readonly #core: Core;
  readonly #streams: Readonly<Record<StreamName, ReliableStream>>;
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  readonly #watches: RemoteWatches;
  readonly #pulse: Pulse;
  /** Those here who asked an actor there. */
  readonly #askers = new Set<Asker>();
  #broken = withResolvers<void>();
  #lostBecause: ActorError | undefined;

  constructor(core: Core, session: string, peer: Omit<RemoteNode, 'actor'>, settings: LinkSettings) {
    this.#core = core;
    this.session = session;
    const { name, epoch } = peer;
    this.peer = { ...peer, actor: (path) => core.reference({ node: name, epoch, path, incarnation: 0 }) };
    const onRoom = () => this.#outgoing.sendMore();
    const control = new ReliableStream(CONTROL_WINDOW, onRoom);
    const bulk = new ReliableStream(BULK_WINDOW, onRoom);
    this.#streams = { control, bulk };
    const send = (frame: Frame) => control.send(frame, SMALL_FRAME);
    this.#outgoing = new Outgoing(control, bulk, settings.maximumMessageBytes);
    this.#watches = new RemoteWatches(send);
    this.#incoming = new Incoming({
      maximumBytes: settings.maximumMessageBytes,
      localTarget: (path, incarnation) => core.localTarget({ path, incarnation }),
      reference: (address) => core.reference(address),
      sendAccepted: (ids) => send({ accepted: { ids: [...ids] } }),
      sendRejected: (id, error) => send({ rejected: { id, failure: encodeFailure(error) } }),
      sendAskFailed: (path, error) => send({ askFailed: { path, failure: encodeFailure(error) } }),
      asked: (path, message, traceparent) =>
        core.askTracer?.asked({ to: `${core.name}/${path}`, kind: kindOf(message) }, traceparent),
    });
    const { timeoutMs } = settings.heartbeat;
    this.#pulse = new Pulse(
      settings.heartbeat,
      () => this.#acknowledge(),
      () => this.lose(new ActorError('NODE_LOST', `Nothing was heard of ${name} for ${timeoutMs} ms.`)),
    );
    core.routes.set(nodeKey({ node: name, epoch }), this);
  }

  get isConnected(): boolean {
    return this.#streams.control.connection !== undefined;
  }

  get isLost(): boolean {
    return this.#lostBecause !== undefined;
  }

  /** What the other side has to know to go on with this session. */
  get progress(): Progress {
    return { session: this.session, control: this.#streams.control.received, bulk: this.#streams.bulk.received };
  }

  /** Resolves when there is no connection, or the link is lost. */
  untilBroken(): Promise<void> {
    return this.#broken.promise;
  }

  target(address: ActorAddress): Target {
    return {
      deliver: async (delivery) => {
        if (this.#lostBecause) throw this.#lostBecause;
        const encoded = this.#outgoing.encode(address, delivery.message);
        const { asker } = delivery;
        if (asker) {
          this.#askers.add(asker);
          asker.onSettled = () => this.#askers.delete(asker);
        }
        // Before the answer is there: its data may come late, and until then the actor may stop.
        this.#incoming.answered(address.path);
        return this.#outgoing.deliver(address, delivery, encoded);
      },
      watch: (onTermination) => {
        const { node, path } = address;
        const error = this.#lostBecause;
        if (error) return soon(() => onTermination({ kind: 'nodeLost', actor: `${node}/${path}`, error }));
        return this.#watches.watch(address, onTermination);
      },
    };
  }

  /** Takes a stream of a new connection; `receivedThere` is how far the other side has come on it. */
  attach(name: StreamName, stream: FrameStream, receivedThere: number): void {
    this.#pulse.heard();
    if (name === 'control') this.#broken = withResolvers<void>();
    // Control broke before bulk was there: the next connection brings both.
    else if (!this.isConnected) {
      stream.abort();
      return;
    }
    this.#streams[name].attach(stream, receivedThere);
    stream.handle({
      onFrame: (frame, bytes) => this.#receive(name, stream, frame, bytes),
      onEnd: (reason) => {
        if (this.#streams[name].connection === stream) this.disconnect(reason.message);
      },
    });
  }

  /** Gives the present connection up, if there is one, and not the session. */
  disconnect(reason: string): void {
    if (!this.isConnected || this.isLost) return;
    for (const stream of this.#detach()) stream.abort();
    const { name: node, epoch } = this.peer;
    this.#core.emit({ kind: 'nodeDisconnected', node, epoch, reason });
    this.#broken.resolve();
  }

  /** Ends the session for good: all that wait for something from there hear of it. */
  lose(error: ActorError): void {
    if (this.#lostBecause) return;
    this.#lostBecause = error;
    this.#pulse.stop();
    const { name: node, epoch } = this.peer;
    const key = nodeKey({ node, epoch });
    if (this.#core.routes.get(key) === this) this.#core.routes.delete(key);
    for (const stream of this.#detach()) stream.abort();
    this.#core.emit({ kind: 'nodeLost', node, epoch, error });
    this.#outgoing.refuseAll(error);
    for (const asker of this.#askers) asker.fail(error);
    this.#watches.close(error);
    this.#incoming.close();
    this.#broken.resolve();
  }

  /** Ends the session and says so; resolves when that has gone out, or after a second. */
  async close(): Promise<void> {
    const streams = this.#detach();
    const ended = streams.map((stream) => {
      const { promise, resolve } = withResolvers<void>();
      stream.handle({ onFrame: () => {}, onEnd: () => resolve() });
      stream.write({ goodbye: {} });
      stream.end();
      return promise;
    });
    this.lose(new ActorError('NODE_LOST', `The link to ${this.peer.name} was closed on this side.`));
    const patience = withResolvers<void>();
    const timer = setTimeout(patience.resolve, 1000);
    await Promise.race([Promise.all(ended), patience.promise]);
    clearTimeout(timer);
    for (const stream of streams) stream.abort();
  }

  #detach(): FrameStream[] {
    const streams = Object.values(this.#streams);
    const connections = streams.flatMap(({ connection }) => connection ?? []);
    for (const stream of streams) stream.detach();
    return connections;
  }

  #acknowledge(): void {
    const { control, bulk } = this.#streams;
    control.connection?.write({ heartbeat: { control: control.received, bulk: bulk.received } });
    control.acknowledgementSent();
    bulk.acknowledgementSent();
  }

  #receive(name: StreamName, from: FrameStream, frame: Frame, bytes: number): void {
    const stream = this.#streams[name];
    if (stream.connection !== from) return;
    this.#pulse.heard();
    try {
      if (!frame.sequence || stream.admit(frame.sequence, bytes)) this.#handle(frame);
    } catch (error) {
      const message = `${this.peer.name} does not keep to the protocol: ${(error as Error).message}.`;
      this.lose(new ActorError('NODE_LOST', message, { cause: error }));
    }
    if (stream.owesAcknowledgement) this.#acknowledge();
  }

  #handle(frame: Frame): void {
    if (frame.envelope) this.#incoming.envelope(frame.envelope);
    else if (frame.chunk) this.#incoming.chunk(frame.chunk.envelope ?? 0, frame.chunk.data ?? new Uint8Array());
    else if (frame.accepted) this.#outgoing.accepted(frame.accepted.ids ?? []);
    else if (frame.rejected) this.#rejected(frame.rejected);
    else if (frame.askFailed) this.#askFailed(frame.askFailed);
    else if (frame.watch) this.#watched(frame.watch);
    else if (frame.unwatch) this.#watches.unserve(frame.unwatch.id ?? 0);
    else if (frame.terminated)
      this.#watches.terminated(frame.terminated.watch ?? 0, frame.terminated.failure ?? undefined);
    else if (frame.heartbeat) this.#heartbeat(frame.heartbeat);
    else if (frame.goodbye) this.lose(new ActorError('NODE_LOST', `${this.peer.name} has closed the link.`));
    else throw new Error('a frame of an unknown kind came');
  }

  #heartbeat({ control, bulk }: NonNullable<Frame['heartbeat']>): void {
    this.#streams.control.acknowledge(control ?? 0);
    this.#streams.bulk.acknowledge(bulk ?? 0);
  }

  #rejected({ id, failure }: NonNullable<Frame['rejected']>): void {
    this.#outgoing.rejected(id ?? 0, decodeActorError(failure ?? {}, 'ACTOR_STOPPED'));
  }

  #askFailed({ path, failure }: NonNullable<Frame['askFailed']>): void {
    this.#core.asks.find(path ?? '')?.fail(decodeActorError(failure ?? {}, 'ACTOR_FAILED'));
  }

  #watched({ id, path, incarnation }: NonNullable<Frame['watch']>): void {
    this.#watches.serve(id ?? 0, this.#core.localTarget({ path: path ?? '', incarnation: incarnation ?? 0 }));
  }
}
