/** The data of large messages: cut into chunks on one side, put together on the other. */
import type { EncodedMessage, ReceivedMessage } from './message-codec.ts';
import type { ArrayType, Envelope } from './protocol.ts';
import type { ReliableStream } from './reliable-stream.ts';

const CHUNK_BYTES = 256 * 1024;

/** Sends one message after the other, as fast as the other side acknowledges. */
export class BulkSender {
  readonly #stream: ReliableStream;
  readonly #queue: Generator<{ envelope: number; data: Uint8Array }>[] = [];
  #pausing = false;

  constructor(stream: ReliableStream) {
    this.#stream = stream;
  }

  add(envelope: number, { body, attachments }: EncodedMessage): void {
    this.#queue.push(chunksOf(envelope, [body, ...attachments.map(({ data }) => data)]));
    this.sendMore();
  }

  /** To be called when the stream has room again. */
  sendMore(): void {
    if (this.#pausing || this.#queue.length === 0 || !this.#stream.hasRoom) return;
    const next = this.#queue[0]!.next();
    if (next.done) this.#queue.shift();
    else this.#stream.send({ chunk: next.value }, next.value.data.length);
    // Between two chunks everything else has its turn: to serialise megabytes at a stretch would keep control waiting.
    this.#pausing = true;
    setImmediate(() => {
      this.#pausing = false;
      this.sendMore();
    });
  }

  clear(): void {
    this.#queue.length = 0;
  }
}

function* chunksOf(envelope: number, pieces: readonly Uint8Array[]): Generator<{ envelope: number; data: Uint8Array }> {
  for (const piece of pieces) {
    for (let start = 0; start < piece.length; start += CHUNK_BYTES) {
      yield { envelope, data: piece.subarray(start, start + CHUNK_BYTES) };
    }
  }
}

interface Piece {
  readonly type: ArrayType;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** A message whose data is coming in. */
export class Assembly {
  readonly #pieces: readonly Piece[];
  #piece = 0;
  #filled = 0;

  constructor({ body, attachments }: Envelope) {
    // Each array gets a buffer of its own: it has to be aligned, and must not keep its neighbours alive.
    this.#pieces = [body ?? {}, ...(attachments ?? [])].map(({ type, bytes }) => ({
      type: type ?? 0,
      data: new Uint8Array(bytes ?? 0),
    }));
    this.#skipFull();
  }

  get isComplete(): boolean {
    return this.#piece === this.#pieces.length;
  }

  get message(): ReceivedMessage {
    const [body, ...attachments] = this.#pieces;
    return { body: body!.data, attachments };
  }

  /** @throws RangeError if there is no place for the data */
  add(data: Uint8Array): void {
    const piece = this.#pieces[this.#piece];
    if (!piece) throw new RangeError('more data than the message has');
    piece.data.set(data, this.#filled);
    this.#filled += data.length;
    this.#skipFull();
  }

  #skipFull(): void {
    while (this.#piece < this.#pieces.length && this.#filled === this.#pieces[this.#piece]!.data.length) {
      this.#piece += 1;
      this.#filled = 0;
    }
  }
}

/** The message of an envelope that has its data in itself. */
export function inlineMessage({ body, attachments }: Envelope): ReceivedMessage {
  return {
    body: body?.data ?? new Uint8Array(),
    // Copied: an array has to be aligned, and must not keep the whole frame alive.
    attachments: (attachments ?? []).map(({ type, data }) => ({ type: type ?? 0, data: new Uint8Array(data ?? []) })),
  };
}

/** What an envelope says that its message has in bytes. */
export function announcedBytes({ body, attachments }: Envelope): number {
  return [body ?? {}, ...(attachments ?? [])].reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}
