/** The side that others dial. */
import { randomUUID } from 'node:crypto';
import type * as grpc from '@grpc/grpc-js';
import { messageOf } from '../../errors.ts';
import { type Core, coreOf } from './core.ts';
import { ActorError } from './errors.ts';
import { encodeFailure } from './failure-codec.ts';
import {
  type FrameStream,
  newServer,
  refuseCall,
  type ServerCall,
  type StreamName,
  serverStream,
} from './frame-stream.ts';
import { checkProtocol, helloOf } from './handshake.ts';
import { Link } from './link.ts';
import { type CheckedOptions, checkedOptions } from './link-options.ts';
import type { Admission, ListeningNode, ListenOptions, NodeHello } from './node.ts';
import type { Hello } from './protocol.ts';
import { checkListener, isAuthorised, serverCredentials } from './security.ts';
import type { ActorSystem } from './system.ts';

/**
 * Lets other nodes join. Those that come and go are told through `system.subscribe`.
 * @throws ActorError INSECURE_LISTENER, LISTEN_FAILED, BAD_ACTOR_OPTION
 */
export async function listen(system: ActorSystem, options: ListenOptions): Promise<ListeningNode> {
  const { host = '127.0.0.1', port = 0 } = options;
  const core = coreOf(system);
  const checked = checkedOptions(options);
  const warning = checkListener(host, checked.security);
  const credentials = serverCredentials(checked.security);
  const reception = new Reception(core, checked, options.admit ?? (() => ({ kind: 'admit' })));
  const server = newServer((name, call) => reception.receive(name, call));
  const bound = await bind(server, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, credentials);
  if (warning) core.emit({ kind: 'warning', message: warning });
  return {
    host,
    port: bound,
    peers: () => reception.links.map(({ peer }) => peer),
    async close() {
      await reception.close();
      await shutDown(server);
    },
  };
}

/** Lets what was written go out; whoever does not take it within a second is cut off. */
function shutDown(server: grpc.Server): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => server.forceShutdown(), 1000);
    server.tryShutdown(() => {
      clearTimeout(patience);
      resolve();
    });
  });
}

function bind(server: grpc.Server, address: string, credentials: grpc.ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (cause, port) => {
      if (!cause) return resolve(port);
      reject(new ActorError('LISTEN_FAILED', `Nothing can listen on ${address}: ${cause.message}`, { cause }));
    });
  });
}

/** Admits nodes, and gives each connection to the link that it belongs to. */
class Reception {
  readonly #core: Core;
  readonly #options: CheckedOptions;
  readonly #admit: (hello: NodeHello) => Admission | Promise<Admission>;
  readonly #links = new Map<string, Link>();
  /** Connections whose bulk stream is still to come, by their keys. */
  readonly #halfOpen = new Map<string, { readonly link: Link; readonly bulkReceived: number }>();
  #closed = false;

  constructor(core: Core, options: CheckedOptions, admit: (hello: NodeHello) => Admission | Promise<Admission>) {
    this.#core = core;
    this.#options = options;
    this.#admit = admit;
  }

  /** Those that are not lost. */
  get links(): Link[] {
    for (const [name, link] of this.#links) if (link.isLost) this.#links.delete(name);
    return [...this.#links.values()];
  }

  receive(name: StreamName, call: ServerCall): void {
    if (!isAuthorised(this.#options.security, call.metadata)) {
      const from = call.getPeer();
      const error = new ActorError('UNAUTHENTICATED', `${from} gave no token or a wrong one, and was refused.`);
      this.#core.emit({ kind: 'nodeRefused', node: from, error });
      refuseCall(call, 'no token or a wrong one');
      return;
    }
    const stream = serverStream(call);
    if (this.#closed) stream.abort();
    else if (name === 'bulk') this.#receiveBulk(stream, call.metadata.get('auspex-connection').join());
    else this.#receiveControl(stream);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.links.map((link) => link.close()));
  }

  #receiveBulk(stream: FrameStream, key: string): void {
    const halfOpen = this.#halfOpen.get(key);
    this.#halfOpen.delete(key);
    if (halfOpen && !halfOpen.link.isLost) halfOpen.link.attach('bulk', stream, halfOpen.bulkReceived);
    else stream.abort();
  }

  #receiveControl(stream: FrameStream): void {
    // Whoever connects and says nothing must not hold a connection for ever.
    const patience = setTimeout(() => stream.abort(), this.#options.heartbeat.timeoutMs);
    stream.handle({
      onEnd: () => clearTimeout(patience),
      onFrame: ({ hello }) => {
        clearTimeout(patience);
        stream.hold();
        if (!hello) return stream.abort();
        this.#welcome(stream, hello).catch((error) => this.#refuse(stream, hello.node ?? '', error));
      },
    });
  }

  async #welcome(stream: FrameStream, hello: Hello): Promise<void> {
    checkProtocol(hello);
    if (hello.resume) return this.#resume(stream, hello);
    const node = helloOf(hello);
    this.#requireFreeName(node);
    const admission = await this.#admit(node);
    if (admission.kind === 'refuse') {
      throw new ActorError('NODE_REFUSED', `${this.#core.name} does not admit ${node.name}: ${admission.reason}`);
    }
    // Deciding may have taken a while.
    if (!stream.isOpen || this.#closed) return stream.abort();
    this.#requireFreeName(node)?.lose(new ActorError('NODE_LOST', `${node.name} has begun anew.`));
    const link = new Link(this.#core, randomUUID(), node, this.#options);
    this.#links.set(node.name, link);
    this.#core.emit({ kind: 'nodeJoined', node: node.name, epoch: node.epoch });
    this.#connect(link, stream, 0, 0);
  }

  #resume(stream: FrameStream, { node, epoch, resume }: Hello): void {
    const link = this.#links.get(node ?? '');
    if (!link || link.isLost || link.session !== resume?.session || link.peer.epoch !== epoch) {
      throw new ActorError('NODE_LOST', `${this.#core.name} has given up the session with ${node}.`);
    }
    link.disconnect('the other side made a new connection');
    this.#core.emit({ kind: 'nodeResumed', node: link.peer.name, epoch: link.peer.epoch });
    this.#connect(link, stream, resume.control ?? 0, resume.bulk ?? 0);
  }

  #connect(link: Link, stream: FrameStream, controlReceived: number, bulkReceived: number): void {
    const connection = randomUUID();
    const { name: node, epoch } = this.#core;
    const { softwareVersion } = this.#options;
    stream.write({ welcome: { softwareVersion, node, epoch, connection, progress: link.progress } });
    for (const [key, other] of this.#halfOpen) if (other.link === link || other.link.isLost) this.#halfOpen.delete(key);
    this.#halfOpen.set(connection, { link, bulkReceived });
    link.attach('control', stream, controlReceived);
  }

  /**
   * The link that a newcomer takes the place of, if there is one: an earlier session of the same process, or of one whose
   * connection is gone. A connected one keeps its name.
   */
  #requireFreeName({ name, epoch }: NodeHello): Link | undefined {
    const present = this.links.find(({ peer }) => peer.name === name);
    const other = present && present.peer.epoch !== epoch && present.isConnected;
    if (name !== this.#core.name && !other) return present;
    throw new ActorError(
      'NODE_NAME_TAKEN',
      `There is a node of the name ${name} already. Give each process its own name.`,
    );
  }

  #refuse(stream: FrameStream, node: string, thrown: unknown): void {
    const error =
      thrown instanceof ActorError ? thrown : new ActorError('NODE_REFUSED', messageOf(thrown), { cause: thrown });
    stream.write({ refused: { failure: encodeFailure(error) } });
    stream.end();
    // A session that is over is no news: its loss was told.
    if (error.code !== 'NODE_LOST') this.#core.emit({ kind: 'nodeRefused', node, error });
  }
}
