/**
 * One direction pair of sequenced frames that outlives connections.
 *
 *   send() ──▶ numbered, kept ──▶ connection, if there is one ──▶ other side: drops what it had, acknowledges
 *                 ▲    │
 *   acknowledged ─┘    └── sent again when a connection comes back
 *
 * The bytes that are kept are the stream's credit: while they exceed the window, `hasRoom` is false and who sends data waits.
 * Frames that answer others never wait; there are no more of them than of what they answer.
 */
import type { FrameStream } from './frame-stream.ts';
import type { Frame } from './protocol.ts';

interface Kept {
  readonly frame: Frame;
  readonly bytes: number;
}

export class ReliableStream {
  readonly #windowBytes: number;
  readonly #onRoom: () => void;
  readonly #kept: Kept[] = [];
  #keptBytes = 0;
  #sent = 0;
  #received = 0;
  #unacknowledgedBytes = 0;
  #connection: FrameStream | undefined;

  constructor(windowBytes: number, onRoom: () => void) {
    this.#windowBytes = windowBytes;
    this.#onRoom = onRoom;
  }

  get hasRoom(): boolean {
    return this.#keptBytes < this.#windowBytes;
  }

  /** The sequence of the last frame that came in. */
  get received(): number {
    return this.#received;
  }

  get connection(): FrameStream | undefined {
    return this.#connection;
  }

  /** True when so much came in that the other side should hear of it before the next heartbeat. */
  get owesAcknowledgement(): boolean {
    return this.#unacknowledgedBytes * 4 >= this.#windowBytes;
  }

  send(body: Frame, bytes: number): void {
    this.#sent += 1;
    const frame = { ...body, sequence: this.#sent };
    this.#kept.push({ frame, bytes });
    this.#keptBytes += bytes;
    this.#connection?.write(frame);
  }

  /** The other side has received everything up to this frame. */
  acknowledge(sequence: number): void {
    let count = 0;
    while (count < this.#kept.length && this.#kept[count]!.frame.sequence! <= sequence) {
      this.#keptBytes -= this.#kept[count]!.bytes;
      count += 1;
    }
    if (count === 0) return;
    this.#kept.splice(0, count);
    if (this.hasRoom) this.#onRoom();
  }

  acknowledgementSent(): void {
    this.#unacknowledgedBytes = 0;
  }

  /** Whether a frame that came in is to be handled; false for one that came before. @throws Error on a gap */
  admit(sequence: number, bytes: number): boolean {
    if (sequence <= this.#received) return false;
    if (sequence !== this.#received + 1) {
      throw new Error(`frame ${sequence} came after frame ${this.#received}`);
    }
    this.#received = sequence;
    this.#unacknowledgedBytes += bytes;
    return true;
  }

  /** Goes on over a connection, from behind what the other side has received. */
  attach(connection: FrameStream, receivedThere: number): void {
    this.acknowledge(receivedThere);
    this.#connection = connection;
    for (const { frame } of this.#kept) connection.write(frame);
  }

  detach(): void {
    this.#connection = undefined;
  }
}
