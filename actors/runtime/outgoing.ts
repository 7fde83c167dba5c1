/**
 * Messages on their way to another node: they wait here until the actor there has credit.
 *
 *   tell ──▶ lane of the actor ──▶ at most so many messages and bytes that its mailbox has not accepted ──▶ link
 *                 ▲                                                                                          │
 *                 └────────────────────────────── Accepted ◀─────────────────────────────────────────────────┘
 *
 * A full mailbox so makes those wait who tell to that actor, and nobody else.
 */
import { BulkSender } from './bulk.ts';
import { label } from './core.ts';
import { ActorError } from './errors.ts';
import { type EncodedMessage, encodeMessage } from './message-codec.ts';
import type { Envelope, Frame } from './protocol.ts';
import type { ActorAddress } from './reference.ts';
import type { ReliableStream } from './reliable-stream.ts';
import type { Delivery } from './target.ts';

/** What one actor may have under way; a single larger message is let through alone. */
const LANE_MESSAGES = 64;
const LANE_BYTES = 16 * 1024 * 1024;

/** A message with more bytes goes by the bulk stream. */
export const BULK_ABOVE = 64 * 1024;

interface Waiting {
  readonly address: ActorAddress;
  readonly delivery: Delivery;
  readonly encoded: EncodedMessage;
  accept(): void;
  refuse(error: ActorError): void;
}

interface Lane {
  readonly path: string;
  readonly waiting: Waiting[];
  underWay: number;
  bytesUnderWay: number;
}

export class Outgoing {
  readonly #control: ReliableStream;
  readonly #bulk: BulkSender;
  readonly #maximumBytes: number;
  readonly #lanes = new Map<string, Lane>();
  readonly #underWay = new Map<number, Waiting & { readonly lane: Lane }>();
  #ids = 0;

  constructor(control: ReliableStream, bulk: ReliableStream, maximumBytes: number) {
    this.#control = control;
    this.#bulk = new BulkSender(bulk);
    this.#maximumBytes = maximumBytes;
  }

  /** @throws ActorError BAD_MESSAGE, MESSAGE_TOO_LARGE */
  encode(address: ActorAddress, message: unknown): EncodedMessage {
    const encoded = encodeMessage(message);
    if (encoded.bytes > this.#maximumBytes) throw tooLarge(address, encoded.bytes, this.#maximumBytes);
    return encoded;
  }

  /** Resolves when the mailbox there has accepted it. */
  deliver(address: ActorAddress, delivery: Delivery, encoded: EncodedMessage): Promise<void> {
    const lane = this.#lanes.get(address.path) ?? { path: address.path, waiting: [], underWay: 0, bytesUnderWay: 0 };
    this.#lanes.set(lane.path, lane);
    return new Promise((accept, refuse) => {
      lane.waiting.push({ address, delivery, encoded, accept, refuse });
      this.#sendFrom(lane);
    });
  }

  accepted(ids: readonly number[]): void {
    for (const id of ids) this.#settle(id)?.accept();
  }

  rejected(id: number, error: ActorError): void {
    this.#settle(id)?.refuse(error);
  }

  /** To be called when a stream has room again. */
  sendMore(): void {
    this.#bulk.sendMore();
    for (const lane of this.#lanes.values()) this.#sendFrom(lane);
  }

  /** Nothing will be accepted any more. */
  refuseAll(error: ActorError): void {
    const all = [...this.#underWay.values(), ...[...this.#lanes.values()].flatMap(({ waiting }) => waiting)];
    this.#underWay.clear();
    this.#lanes.clear();
    this.#bulk.clear();
    for (const { refuse } of all) refuse(error);
  }

  #sendFrom(lane: Lane): void {
    while (lane.waiting.length > 0 && this.#control.hasRoom && hasCredit(lane)) {
      const next = lane.waiting.shift()!;
      this.#ids += 1;
      lane.underWay += 1;
      lane.bytesUnderWay += next.encoded.bytes;
      this.#underWay.set(this.#ids, { ...next, lane });
      const bulk = next.encoded.bytes > BULK_ABOVE;
      this.#control.send(envelopeFrame(this.#ids, next, bulk), bulk ? 64 : next.encoded.bytes);
      if (bulk) this.#bulk.add(this.#ids, next.encoded);
    }
  }

  #settle(id: number): Waiting | undefined {
    const sent = this.#underWay.get(id);
    if (!sent) return undefined;
    const { lane } = sent;
    this.#underWay.delete(id);
    lane.underWay -= 1;
    lane.bytesUnderWay -= sent.encoded.bytes;
    this.#sendFrom(lane);
    if (lane.underWay === 0 && lane.waiting.length === 0) this.#lanes.delete(lane.path);
    return sent;
  }
}

function hasCredit({ underWay, bytesUnderWay, waiting }: Lane): boolean {
  if (underWay === 0) return true;
  return underWay < LANE_MESSAGES && bytesUnderWay + waiting[0]!.encoded.bytes <= LANE_BYTES;
}

function envelopeFrame(id: number, { address, delivery, encoded }: Waiting, bulk: boolean): Frame {
  const piece = (data: Uint8Array) => ({ bytes: data.length, data: bulk ? undefined : data });
  const { asker } = delivery;
  const envelope: Envelope = {
    id,
    path: address.path,
    incarnation: address.incarnation,
    asker: asker && { path: asker.replyPath, deadlineMs: asker.deadline, traceparent: asker.traceparent },
    body: piece(encoded.body),
    attachments: encoded.attachments.map(({ type, data }) => ({ type, ...piece(data) })),
    bulk,
  };
  return { envelope };
}

function tooLarge(address: ActorAddress, bytes: number, maximum: number): ActorError {
  return new ActorError(
    'MESSAGE_TOO_LARGE',
    `A message of ${bytes} bytes to ${label(address)} is larger than the ${maximum} that may be sent at once.`,
  );
}
