/** What the parts of a system share; not for those who use it. */
import type { AskTracer } from './ask-tracer.ts';
import type { Termination } from './behaviour.ts';
import { BoundReference } from './bound-reference.ts';
import { DeadLetters } from './dead-letters.ts';
import { Departed, soon } from './departed.ts';
import { ActorError } from './errors.ts';
import type { SystemEvent, SystemListener } from './events.ts';
import type { Family } from './family.ts';
import { ASK_PREFIX, OpenAsks } from './open-asks.ts';
import type { ActorAddress } from './reference.ts';
import type { ActorSystem } from './system.ts';
import type { Target } from './target.ts';

/** Finds the targets behind addresses of another node. */
export interface Route {
  target(address: ActorAddress): Target;
}

const cores = new WeakMap<ActorSystem, Core>();

/** The inside of a system. */
export function coreOf(system: ActorSystem): Core {
  return cores.get(system)!;
}

export class Core {
  readonly system: ActorSystem;
  readonly name: string;
  readonly epoch: string;
  /** The actors that have no parent. */
  readonly top: Family;
  readonly askTracer: AskTracer | undefined;
  readonly asks = new OpenAsks();
  readonly departed = new Departed();
  readonly deadLetters = new DeadLetters((event) => this.emit(event));
  /** Links to other nodes, by {@link nodeKey}. */
  readonly routes = new Map<string, Route>();
  readonly #listeners = new Set<SystemListener>();
  #incarnations = 0;

  constructor(system: ActorSystem, makeTop: (core: Core) => Family, askTracer?: AskTracer) {
    this.system = system;
    this.name = system.name;
    this.epoch = system.epoch;
    this.askTracer = askTracer;
    this.top = makeTop(this);
    cores.set(system, this);
  }

  nextIncarnation(): number {
    this.#incarnations += 1;
    return this.#incarnations;
  }

  subscribe(listener: SystemListener): () => void {
    const own: SystemListener = (event) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  emit(event: SystemEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A log that throws must not break the actor that it reports on, and must not go unnoticed either.
        setImmediate(() => {
          throw error;
        });
      }
    }
  }

  /** A reference that came from somewhere: to an actor of this process or another. */
  reference(address: ActorAddress): BoundReference<never> {
    return new BoundReference(
      this,
      address,
      this.isHere(address) ? this.localTarget(address) : this.#remoteTarget(address),
    );
  }

  isHere({ node, epoch }: ActorAddress): boolean {
    return node === this.name && epoch === this.epoch;
  }

  /** What has a path in this process, or something that refuses whatever it gets. */
  localTarget({ path, incarnation }: Pick<ActorAddress, 'path' | 'incarnation'>): Target {
    if (path.startsWith(ASK_PREFIX)) return this.asks.target(path);
    const cell = this.top.find(path.split('/'));
    if (cell && (incarnation === 0 || cell.self.address.incarnation === incarnation)) return cell;
    return this.departed.target(`${this.name}/${path}`, incarnation);
  }

  /** The target of an actor elsewhere, found anew for each use: its node may join and leave. */
  #remoteTarget(address: ActorAddress): Target {
    return {
      deliver: (delivery) => {
        const route = this.routes.get(nodeKey(address));
        return route ? route.target(address).deliver(delivery) : Promise.reject(notConnected(address));
      },
      watch: (onTermination) => {
        const route = this.routes.get(nodeKey(address));
        if (route) return route.target(address).watch(onTermination);
        const termination: Termination = { kind: 'nodeLost', actor: label(address), error: notConnected(address) };
        return soon(() => onTermination(termination));
      },
    };
  }
}

/** A node is one start of a process: its name and its epoch. */
export function nodeKey({ node, epoch }: { readonly node: string; readonly epoch: string }): string {
  return `${node}@${epoch}`;
}

/** `node/path`, for people. */
export function label({ node, path }: ActorAddress): string {
  return `${node}/${path}`;
}

function notConnected(address: ActorAddress): ActorError {
  return new ActorError(
    'NODE_LOST',
    `${label(address)} cannot be reached: this process has no link to that start of ${address.node}.`,
  );
}
