/**
 * Collectives between the ranks of a training: shared memory within a host, Gloo between hosts, NCCL between GPUs.
 *
 * Calls run on threads of the communicator, never on JavaScript's; until its promise is settled, a call reads and writes the
 * arrays that it was given. The executor makes its own calls natively, on the communicator behind `handle`.
 */
import { loadAddon } from './addon.ts';
import { CollectiveError, type CollectiveErrorCode } from './errors.ts';

type Done = (error: Error | null) => void;

interface NativeCommunicator {
  address(): Uint8Array;
  connect(addresses: readonly Uint8Array[], done: Done): void;
  region(): ArrayBuffer;
  allGather(channel: number, shard: ArrayBufferView, whole: ArrayBufferView, done: Done): void;
  reduceScatter(channel: number, whole: Float32Array, shard: Float32Array, scale: number, done: Done): void;
  allReduce(channel: number, values: Floats, isMaximum: boolean, first: number, size: number, done: Done): void;
  broadcast(channel: number, data: ArrayBufferView, root: number, done: Done): void;
  barrier(channel: number, done: Done): void;
  bind(library: string, id: number): void;
  abort(reason: string): void;
  close(): void;
  statistics(): Float64Array;
  takeSpans(): Float64Array;
}

interface Addon {
  NativeCommunicator: new (
    transport: CommunicatorOptions['transport'],
    rank: number,
    size: number,
    regionBytes: number,
    timeoutSeconds: number,
    host: string,
    device: number,
    meetByGloo: boolean,
  ) => NativeCommunicator;
  ncclHere(): NcclHere;
  hasGloo(): boolean;
}

let addon: Addon | undefined;
function native(): Addon {
  addon ??= loadAddon<Addon>();
  return addon;
}

/** Whether the addon was built with Gloo, which ranks on several hosts need. */
export function hasGloo(): boolean {
  return native().hasGloo();
}

/** What this machine has for collectives on GPUs, or why it has none. */
export type NcclHere =
  | { readonly nccl: string; readonly gpus: number }
  | {
      /** A sentence without its full stop. */
      readonly missing: string;
    };

/** Loads NCCL and the CUDA runtime, where they are there. */
export function ncclHere(): NcclHere {
  return native().ncclHere();
}

export interface CommunicatorOptions {
  /** `shared-memory` reaches the ranks of one host, `gloo` those of several; `nccl` ranks with a GPU each. */
  readonly transport: 'shared-memory' | 'gloo' | 'nccl';
  /** From 0 on. */
  readonly rank: number;
  readonly size: number;
  /** Memory that collectives read in place, the same on every rank. @default 0 */
  readonly regionBytes?: number;
  /** How long a call waits for another rank. @default 30 */
  readonly timeoutSeconds?: number;
  /** Gloo only: the name or address by which the other ranks reach this host. @default 127.0.0.1 */
  readonly host?: string;
  /** NCCL only: the rank's GPU, as CUDA counts those that the process sees. @default 0 */
  readonly device?: number;
  /**
   * NCCL only: how ranks agree on calls and learn of each other's end; `gloo` where they are on several hosts.
   * @default shared-memory
   */
  readonly meetBy?: 'shared-memory' | 'gloo';
}

/** All ranks issue the same calls of a channel in the same order; the two channels do not wait for each other. */
export type Channel = 'compute' | 'communication';
const CHANNELS: readonly Channel[] = ['compute', 'communication'];

export interface CallOptions {
  /** @default communication */
  readonly channel?: Channel;
}

export interface AllReduceOptions extends CallOptions {
  /** @default sum */
  readonly reduction?: 'sum' | 'maximum';
  /** The consecutive ranks that reduce together, this one among them. Every rank calls. @default all ranks */
  readonly group?: { readonly first: number; readonly size: number };
}

type Floats = Float32Array | Float64Array;

export interface ChannelStatistics {
  readonly calls: number;
  /** Read from other ranks. */
  readonly bytes: number;
  readonly waitingSeconds: number;
}

/** An error of the addon as a CollectiveError, whose cause it stays. */
function collectiveError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const rank = 'rank' in error ? Number(error.rank) : undefined;
  const message = error.message.charAt(0).toUpperCase() + error.message.slice(1);
  return new CollectiveError(error.code as CollectiveErrorCode, `${message}.`, { cause: error, rank });
}

/** Runs what may throw an error of the addon. */
function translated<Result>(body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    throw collectiveError(error);
  }
}

/**
 * One rank's end of the collectives. After an error that a call threw on any rank, the communicator is of no use to all of
 * them: close it, and open and connect new ones.
 */
export class Communicator {
  readonly rank: number;
  readonly size: number;
  /** Opaque; every rank needs those of all ranks, by whatever way they find each other. */
  readonly address: Uint8Array;
  /** What native code takes for this communicator. */
  readonly handle: object;
  readonly #native: NativeCommunicator;
  #region: Uint8Array | undefined;

  private constructor(options: CommunicatorOptions, address: Uint8Array, communicator: NativeCommunicator) {
    this.rank = options.rank;
    this.size = options.size;
    this.address = address;
    this.handle = communicator;
    this.#native = communicator;
  }

  /**
   * This rank's part alone: it has an address and a region afterwards, and knows no other rank.
   * @throws CollectiveError CANNOT_OPEN, GLOO_MISSING, NCCL_MISSING, INVALID_CALL
   */
  static open(options: CommunicatorOptions): Communicator {
    const { transport, rank, size, regionBytes = 0, timeoutSeconds = 30, host = '127.0.0.1' } = options;
    const { device = 0, meetBy = 'shared-memory' } = options;
    checkCount('size', size, 1);
    checkCount('rank', rank, 0);
    checkCount('regionBytes', regionBytes, 0);
    checkCount('device', device, 0);
    if (rank >= size) throw new CollectiveError('INVALID_CALL', `There is no rank ${rank} among ${size}.`);
    if (!(timeoutSeconds > 0)) throw new CollectiveError('INVALID_CALL', 'timeoutSeconds must be more than 0.');
    return translated(() => {
      const Native = native().NativeCommunicator;
      const made = new Native(transport, rank, size, regionBytes, timeoutSeconds, host, device, meetBy === 'gloo');
      return new Communicator(options, made.address(), made);
    });
  }

  /**
   * Joins the ranks: `addresses` are those of all, in rank order. Every rank calls this.
   * @throws CollectiveError CANNOT_CONNECT if they do not agree on size, region or version, or one cannot be reached
   */
  connect(addresses: readonly Uint8Array[]): Promise<void> {
    return this.#call((done) => this.#native.connect(addresses, done));
  }

  /** The memory that collectives read in place; the array keeps it alive, even when the communicator is closed. */
  get region(): Uint8Array {
    this.#region ??= new Uint8Array(this.#native.region());
    return this.#region;
  }

  /**
   * `whole` becomes the shards of all ranks, in rank order.
   * @throws CollectiveError PEER_LOST, TIMED_OUT, ABORTED, MISMATCHED, INVALID_CALL, as a rejection; so does every call below
   */
  allGather(shard: ArrayBufferView, whole: ArrayBufferView, options: CallOptions = {}): Promise<void> {
    return this.#call((done) => this.#native.allGather(channelOf(options), bytesOf(shard), bytesOf(whole), done));
  }

  /** `shard` becomes `scale` times the sum over ranks, in rank order, of this rank's part of `whole`. */
  reduceScatter(whole: Float32Array, shard: Float32Array, scale = 1, options: CallOptions = {}): Promise<void> {
    return this.#call((done) => this.#native.reduceScatter(channelOf(options), whole, shard, scale, done));
  }

  /** Reduces in place, in rank order: all ranks of a group get the same bits. */
  allReduce(values: Floats, options: AllReduceOptions = {}): Promise<void> {
    const { reduction = 'sum', group = { first: 0, size: this.size } } = options;
    return this.#call((done) =>
      this.#native.allReduce(channelOf(options), values, reduction === 'maximum', group.first, group.size, done),
    );
  }

  /** `data` becomes that of the rank `root`. */
  broadcast(data: ArrayBufferView, root: number, options: CallOptions = {}): Promise<void> {
    return this.#call((done) => this.#native.broadcast(channelOf(options), bytesOf(data), root, done));
  }

  /** Settles when all ranks have come here. */
  barrier(options: CallOptions = {}): Promise<void> {
    return this.#call((done) => this.#native.barrier(channelOf(options), done));
  }

  /**
   * Makes the communicator known to TensorFlow's operations of this process by a number, their attribute `communicator`, until
   * it is closed. They fail with the code of the CollectiveError in their text.
   * @param library kernels/collectives/tensorflow-ops.cc, as built for the TensorFlow that this process has loaded
   * @throws CollectiveError CANNOT_OPEN if it is something else
   */
  bindToTensorFlow(library: string, id: number): void {
    translated(() => this.#native.bind(library, id));
  }

  /**
   * (exchanges, 2): begin and end of those that operations of TensorFlow started and that are over, in their order, since this was
   * asked last; in seconds of the clock of `process.hrtime()`. Those within operations of a step are not among them.
   */
  takeSpans(): Float64Array {
    return this.#native.takeSpans();
  }

  /** Makes every pending and later call throw, on every rank that can be reached. */
  abort(reason: string): void {
    this.#native.abort(reason);
  }

  /** Takes no further part: own pending calls reject with ABORTED, and ranks that wait for this one get PEER_LOST. */
  close(): void {
    this.#native.close();
  }

  statistics(): Readonly<Record<Channel, ChannelStatistics>> {
    const numbers = this.#native.statistics();
    const of = (channel: Channel): ChannelStatistics => {
      const at = 3 * CHANNELS.indexOf(channel);
      return { calls: numbers[at]!, bytes: numbers[at + 1]!, waitingSeconds: numbers[at + 2]! };
    };
    return { compute: of('compute'), communication: of('communication') };
  }

  #call(start: (done: Done) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      translated(() => start((error) => (error ? reject(collectiveError(error)) : resolve())));
    });
  }
}

function channelOf(options: CallOptions): number {
  return CHANNELS.indexOf(options.channel ?? 'communication');
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function checkCount(name: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw new CollectiveError('INVALID_CALL', `${name} must be a whole number of at least ${minimum}, not ${value}.`);
}
