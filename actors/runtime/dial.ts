/** The side that dials, and that makes a broken connection again. */
import { setTimeout as wait } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { type Core, coreOf } from './core.ts';
import { ActorError, type ActorErrorCode } from './errors.ts';
import { decodeActorError } from './failure-codec.ts';
import { type FrameStream, openStream } from './frame-stream.ts';
import { makeHello } from './handshake.ts';
import { Link } from './link.ts';
import { type CheckedOptions, checkedOptions } from './link-options.ts';
import type { DialledNode, DialOptions } from './node.ts';
import type { Frame, Progress, Welcome } from './protocol.ts';
import { callMetadata, channelCredentials, checkDialler } from './security.ts';
import type { ActorSystem } from './system.ts';

/**
 * Joins a listening node; resolves when that has admitted us. A broken connection is made again: within the heartbeat's
 * timeout the session goes on without loss, after it the node is lost, and a new session begins as soon as it answers. That
 * it refuses us then is told as `nodeRefused`, and ends the attempts.
 * @throws ActorError CONNECT_FAILED when there is no answer within the heartbeat's timeout, NODE_REFUSED, NODE_NAME_TAKEN,
 * PROTOCOL_MISMATCH, UNAUTHENTICATED, BAD_ACTOR_OPTION, BAD_MESSAGE, MESSAGE_TOO_LARGE
 */
export async function dial(system: ActorSystem, options: DialOptions): Promise<DialledNode> {
  const core = coreOf(system);
  const checked = checkedOptions(options);
  const warning = checkDialler(hostOf(options.address), checked.security);
  if (warning) core.emit({ kind: 'warning', message: warning });
  const dialler = new Dialler(core, options, checked);
  await dialler.join(performance.now() + checked.heartbeat.timeoutMs);
  void dialler.keep();
  return {
    get peer() {
      return dialler.link.peer;
    },
    close: () => dialler.close(),
  };
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

/** Errors after which another attempt may fare better. */
const TRANSIENT: readonly ActorErrorCode[] = ['CONNECT_FAILED'];

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

interface Connection {
  readonly welcome: Welcome;
  readonly control: FrameStream;
  readonly bulk: FrameStream;
}

class Dialler {
  readonly #core: Core;
  readonly #options: DialOptions;
  readonly #checked: CheckedOptions;
  readonly #credentials: grpc.ChannelCredentials;
  readonly #closing = new AbortController();
  #link: Link | undefined;

  constructor(core: Core, options: DialOptions, checked: CheckedOptions) {
    this.#core = core;
    this.#options = options;
    this.#checked = checked;
    this.#credentials = channelCredentials(checked.security);
    const { signal } = options;
    if (signal?.aborted) this.#closing.abort();
    signal?.addEventListener('abort', () => this.#closing.abort());
  }

  /** Of the present session, or of the last. */
  get link(): Link {
    return this.#link!;
  }

  /** Begins a session. @throws ActorError what refused it, or CONNECT_FAILED when the time is over */
  async join(giveUpAt: number): Promise<void> {
    const connection = await this.#connect(undefined, () => performance.now() < giveUpAt);
    const { node = '', epoch = '', softwareVersion = '', progress } = connection.welcome;
    const peer = { name: node!, epoch: epoch!, softwareVersion: softwareVersion!, hello: undefined };
    this.#link = new Link(this.#core, progress?.session ?? '', peer, this.#checked);
    attach(this.#link, connection);
    this.#core.emit({ kind: 'nodeJoined', node: peer.name, epoch: peer.epoch });
  }

  /** Goes on until closed, or not let in any more. */
  async keep(): Promise<void> {
    for (;;) {
      await this.link.untilBroken();
      if (this.#closing.signal.aborted) return;
      try {
        if (this.link.isLost) await this.join(Number.POSITIVE_INFINITY);
        else await this.#resume(this.link);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        this.#core.emit({ kind: 'nodeRefused', node: this.link.peer.name, error: error as ActorError });
        return;
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.link.close();
  }

  /** Goes on with a session, if that is possible before it is lost. */
  async #resume(link: Link): Promise<void> {
    try {
      const connection = await this.#connect(link.progress, () => !link.isLost);
      if (link.isLost) return abort(connection);
      attach(link, connection);
      this.#core.emit({ kind: 'nodeResumed', node: link.peer.name, epoch: link.peer.epoch });
    } catch (error) {
      if (link.isLost) return;
      const { code, message } = error as ActorError;
      link.lose(new ActorError('NODE_LOST', message, { cause: error }));
      // Whether we are still welcome, a new session will show.
      if (code !== 'NODE_LOST') throw error;
    }
  }

  /** Tries until it succeeds, is refused, or is no longer wanted. */
  async #connect(resume: Progress | undefined, isWanted: () => boolean): Promise<Connection> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        return await this.#connectOnce(resume);
      } catch (error) {
        if (!TRANSIENT.includes((error as ActorError).code)) throw error;
        // By chance longer or shorter, so that many that lost the same node do not come back at once.
        await wait(pause * (0.5 + Math.random()), undefined, { signal: this.#closing.signal });
        if (!isWanted()) throw error;
      }
    }
  }

  async #connectOnce(resume: Progress | undefined): Promise<Connection> {
    this.#closing.signal.throwIfAborted();
    const { name, epoch } = this.#core;
    const { softwareVersion, hello, address } = this.#options;
    const frame = { hello: makeHello({ name, epoch, softwareVersion, hello }, resume) };
    const control = this.#open('control', new grpc.Metadata());
    return new Promise((resolve, reject) => {
      const settled = () => {
        clearTimeout(patience);
        this.#closing.signal.removeEventListener('abort', giveUp);
      };
      const fail = (error: ActorError) => {
        settled();
        control.abort();
        reject(error);
      };
      const giveUp = () => fail(this.#failed('it was given up'));
      const patience = setTimeout(
        () => fail(this.#failed(`${address} did not answer`)),
        this.#checked.heartbeat.timeoutMs,
      );
      this.#closing.signal.addEventListener('abort', giveUp);
      const onFrame = ({ welcome, refused }: Frame) => {
        if (!welcome) return fail(decodeActorError(refused?.failure ?? {}, 'NODE_REFUSED'));
        settled();
        control.hold();
        const metadata = new grpc.Metadata();
        metadata.set('auspex-connection', welcome.connection ?? '');
        resolve({ welcome, control, bulk: this.#open('bulk', metadata) });
      };
      control.handle({ onFrame, onEnd: (reason) => fail(this.#ended(reason)) });
      control.write(frame);
    });
  }

  #open(name: 'control' | 'bulk', metadata: grpc.Metadata): FrameStream {
    metadata.merge(callMetadata(this.#checked.security));
    return openStream(name, this.#options.address, this.#credentials, metadata);
  }

  #ended(reason: Error & { code?: number }): ActorError {
    const { address } = this.#options;
    if (reason.code === grpc.status.UNAUTHENTICATED) {
      return new ActorError('UNAUTHENTICATED', `${address} refused us: no token or a wrong one.`);
    }
    if (this.#checked.security.kind === 'mutualTls' && /certificate|ssl|tls/i.test(reason.message)) {
      return new ActorError('UNAUTHENTICATED', `The certificates do not fit: ${reason.message}`, { cause: reason });
    }
    const hint = this.#checked.security.kind === 'mutualTls' ? ' If it listens, it may not trust our certificate.' : '';
    return this.#failed(reason.message + hint, reason);
  }

  #failed(why: string, cause?: Error): ActorError {
    return new ActorError('CONNECT_FAILED', `${this.#options.address} cannot be reached: ${why}`, { cause });
  }
}

function attach(link: Link, { welcome, control, bulk }: Connection): void {
  link.attach('control', control, welcome.progress?.control ?? 0);
  link.attach('bulk', bulk, welcome.progress?.bulk ?? 0);
}

function abort({ control, bulk }: Connection): void {
  control.abort();
  bulk.abort();
}
