/** gRPC: streams of frames, seen alike from both ends. */
import * as grpc from '@grpc/grpc-js';
import { Frame } from './protocol.ts';

export type StreamName = 'control' | 'bulk';

// gRPC writes failures to standard error; ours are errors and events, and say more.
grpc.setLogVerbosity(grpc.logVerbosity.NONE);

/** What gRPC offers at either end. */
interface RawStream {
  write(frame: Frame): void;
  end(): void;
  abort(): void;
}

export interface StreamHandlers {
  /** Frames come in order. */
  onFrame(frame: Frame, bytes: number): void;
  /** Called once, when nothing will come any more; not after `abort`. */
  onEnd(reason: Error): void;
}

/**
 * One stream of one connection. gRPC tells an end in several ways and dislikes what comes after it; this tells it once. What
 * comes while nobody handles it is held: between the handshake and the link that takes over, nothing may be lost.
 */
export class FrameStream {
  readonly #raw: RawStream;
  readonly #held: ((handlers: StreamHandlers) => void)[] = [];
  #handlers: StreamHandlers | undefined;
  #isWritable = true;
  #isOpen = true;

  constructor(raw: RawStream) {
    this.#raw = raw;
  }

  /** False when it has ended on either side. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Gives what was held, and all that comes, to these handlers. */
  handle(handlers: StreamHandlers): void {
    this.#handlers = handlers;
    this.#serve();
  }

  /** Holds what comes until somebody handles it. */
  hold(): void {
    this.#handlers = undefined;
  }

  write(frame: Frame): void {
    if (this.#isOpen && this.#isWritable) this.#raw.write(frame);
  }

  /** Nothing more will be written; what was written goes out. */
  end(): void {
    if (this.#isOpen && this.#isWritable) this.#raw.end();
    this.#isWritable = false;
  }

  /** Ends it at once; nobody hears of it any more. */
  abort(): void {
    if (this.#isOpen) this.#raw.abort();
    this.#isOpen = false;
    this.#held.length = 0;
    this.#handlers = undefined;
  }

  /** For those who read from gRPC. */
  received(frame: Frame, bytes: number): void {
    if (!this.#isOpen) return;
    this.#held.push(({ onFrame }) => onFrame(frame, bytes));
    this.#serve();
  }

  /** For those who read from gRPC. */
  ended(reason: Error): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#held.push(({ onEnd }) => onEnd(reason));
    this.#serve();
  }

  #serve(): void {
    // A handler may hand over to another, or hold.
    while (this.#handlers && this.#held.length > 0) this.#held.shift()!(this.#handlers);
  }
}

/** What {@link Frame} decodes to, with the bytes that it took. */
interface Received {
  readonly frame: Frame;
  readonly bytes: number;
}

function serialize(frame: Frame): Buffer {
  const { buffer, byteOffset, byteLength } = Frame.encode(frame).finish();
  return Buffer.from(buffer, byteOffset, byteLength);
}

function deserialize(bytes: Buffer): Received {
  return { frame: Frame.decode(bytes), bytes: bytes.length };
}

const PATHS: Readonly<Record<StreamName, string>> = {
  control: '/auspex.actors.v1.ActorLink/Control',
  bulk: '/auspex.actors.v1.ActorLink/Bulk',
};

/** Frames are at most some hundred KB: larger messages travel in chunks. */
const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  // A repeated frame would be one too many: what has to be repeated is numbered, and we do it ourselves.
  'grpc.enable_retries': 0,
};

export type ServerCall = grpc.ServerDuplexStream<Received, Frame>;

export function newServer(onCall: (name: StreamName, call: ServerCall) => void): grpc.Server {
  const server = new grpc.Server(CHANNEL_OPTIONS);
  const method = (name: StreamName) => ({
    path: PATHS[name],
    requestStream: true as const,
    responseStream: true as const,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    // Only reflection uses these two.
    requestSerialize: () => Buffer.alloc(0),
    responseDeserialize: deserialize,
  });
  server.addService(
    { control: method('control'), bulk: method('bulk') },
    {
      control: (call: ServerCall) => onCall('control', call),
      bulk: (call: ServerCall) => onCall('bulk', call),
    },
  );
  return server;
}

export function serverStream(call: ServerCall): FrameStream {
  const stream = new FrameStream({
    write: (frame) => void call.write(frame),
    end: () => void call.end(),
    abort: () => call.emit('error', { code: grpc.status.CANCELLED, details: 'ended' }),
  });
  call.on('data', ({ frame, bytes }: Received) => stream.received(frame, bytes));
  call.on('cancelled', () => stream.ended(new Error('the connection broke')));
  call.on('end', () => stream.ended(new Error('the other side ended it')));
  call.on('error', (error: Error) => stream.ended(error));
  return stream;
}

/** Refuses a call before anything was read. */
export function refuseCall(call: ServerCall, details: string): void {
  call.emit('error', { code: grpc.status.UNAUTHENTICATED, details });
}

/** Opens a stream on a connection of its own. What fails is told by `onEnd`. */
export function openStream(
  name: StreamName,
  address: string,
  credentials: grpc.ChannelCredentials,
  metadata: grpc.Metadata,
): FrameStream {
  const client = new grpc.Client(address, credentials, {
    ...CHANNEL_OPTIONS,
    // Otherwise control and bulk would share a connection, and control would wait behind bulk in its buffers.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
  });
  const call = client.makeBidiStreamRequest(PATHS[name], serialize, deserialize, metadata);
  const stream = new FrameStream({
    write: (frame) => void call.write(frame),
    end: () => void call.end(),
    abort: () => call.cancel(),
  });
  call.on('data', ({ frame, bytes }: Received) => stream.received(frame, bytes));
  call.on('error', (error: Error) => stream.ended(error));
  call.on('status', ({ details }: grpc.StatusObject) => {
    stream.ended(new Error(details || 'the other side ended it'));
    client.close();
  });
  return stream;
}
