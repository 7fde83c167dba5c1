/**
 * The topic of messages that could not be accepted. A topic cannot be edited, so that what was done about a dead letter is one
 * more message of the same key:
 *
 *     jobs:0:17  {why, key, headers, body}
 *     jobs:0:29  {why, key, headers, body}
 *     jobs:0:17  retried      ◀── was published again to `jobs`
 */
import { auspex } from '#protos/auspex.js';
import type { Message, MessageBus, OutgoingMessage } from '../bus/message-bus.ts';
import { messageBytes } from '../bus/message-bus.ts';
import { JobsError } from './errors.ts';
import { formatSource, replay, TOPICS } from './topics.ts';

const { DeadLetter: DeadLetterMessage, DeadLetterResolution } = auspex.v1;
const SCHEMA = 1;
const RESOLUTION_HEADER = 'auspex-resolution';

export type Resolution = 'retried' | 'dropped';

/** A dead letter without its body. */
export interface DeadLetterEntry {
  /** topic:partition:offset of the message. */
  readonly id: string;
  readonly code: string;
  readonly reason: string;
  /** ISO 8601 in UTC. */
  readonly time: string;
  /** The message's key as text; null where it had none. */
  readonly key: string | null;
  readonly bodyBytes: number;
}

interface DeadLetter extends DeadLetterEntry {
  readonly topic: string;
  readonly original: Pick<Message, 'key' | 'value' | 'headers'>;
  readonly bodyLeftOut: boolean;
}

/** @param maximumBytes of a message on the bus: where that is too little, the body is left out, then key and headers too */
export function encodeDeadLetter(
  topic: string,
  { partition, offset, ...original }: Message,
  why: { readonly code: string; readonly message: string },
  maximumBytes: number,
): OutgoingMessage {
  const id = formatSource(topic, { partition, offset });
  const letter = ({ key = null, value: body, headers }: Partial<Message>): OutgoingMessage => ({
    key: new Uint8Array(Buffer.from(id)),
    value: DeadLetterMessage.encode({
      schema: SCHEMA,
      sourceTopic: topic,
      sourcePartition: partition,
      sourceOffset: offset,
      key,
      body,
      bodyLeftOut: body === undefined,
      headers: { ...headers },
      code: why.code,
      reason: why.message,
      time: new Date().toISOString(),
    }).finish(),
  });
  const { key, headers } = original;
  const fits = (message: OutgoingMessage) => messageBytes(message) <= maximumBytes;
  return [letter(original), letter({ key, headers })].find(fits) ?? letter({});
}

/** Dead letters that nothing was done about yet, the oldest first. @throws BusError */
export async function listDeadLetters(bus: MessageBus): Promise<DeadLetterEntry[]> {
  const letters = new Map<string, DeadLetterEntry>();
  const resolved = new Set<string>();
  for await (const message of replay(bus, TOPICS.deadLetters)) {
    const id = idOf(message);
    if (isResolution(message)) resolved.add(id);
    else {
      const { topic: _topic, original: _original, bodyLeftOut: _leftOut, ...entry } = decode(message);
      letters.set(id, entry);
    }
  }
  return [...letters.values()].filter(({ id }) => !resolved.has(id));
}

/** Publishes the message again where it came from. @throws JobsError, BusError */
export async function retryDeadLetter(bus: MessageBus, id: string): Promise<void> {
  const { topic, original, bodyLeftOut } = await findDeadLetter(bus, id);
  if (bodyLeftOut) {
    const message = `The body of ${id} was too large to be kept with the dead letter: submit the job anew, and drop this one.`;
    throw new JobsError('DEAD_LETTER_WITHOUT_BODY', message);
  }
  // Killed here, it may be published twice: a job is known by its id.
  await bus.publish(topic, [original]);
  await resolve(bus, id, 'retried');
}

/** @throws JobsError DEAD_LETTER_NOT_FOUND; BusError */
export async function dropDeadLetter(bus: MessageBus, id: string): Promise<void> {
  await findDeadLetter(bus, id);
  await resolve(bus, id, 'dropped');
}

/**
 * Which message was rejected, as topic:partition:offset, and when, in milliseconds since 1970.
 * @returns undefined where it is said what was done about a dead letter
 * @throws Error where it is none
 */
export function rejectionOf(message: Message): { readonly source: string; readonly time: number } | undefined {
  if (isResolution(message)) return undefined;
  const { id, time } = decode(message);
  return { source: id, time: Date.parse(time) };
}

/** The id of the message that a message in the topic is about. */
function idOf({ key }: Message): string {
  return Buffer.from(key ?? []).toString();
}

async function resolve(bus: MessageBus, id: string, action: Resolution): Promise<void> {
  const value = DeadLetterResolution.encode({ schema: SCHEMA, action, time: new Date().toISOString() }).finish();
  const key = new Uint8Array(Buffer.from(id));
  await bus.publish(TOPICS.deadLetters, [{ key, value, headers: { [RESOLUTION_HEADER]: action } }]);
}

async function findDeadLetter(bus: MessageBus, id: string): Promise<DeadLetter> {
  let found: DeadLetter | undefined;
  for await (const message of replay(bus, TOPICS.deadLetters)) {
    if (idOf(message) !== id) continue;
    const resolution = message.headers[RESOLUTION_HEADER];
    if (resolution !== undefined) {
      throw new JobsError('DEAD_LETTER_NOT_FOUND', `The dead letter ${id} was ${resolution} already.`);
    }
    found ??= decode(message);
  }
  if (found) return found;
  throw new JobsError('DEAD_LETTER_NOT_FOUND', `There is no dead letter ${id}: see auspex dead-letters list.`);
}

function isResolution({ headers }: Message): boolean {
  return headers[RESOLUTION_HEADER] !== undefined;
}

function decode(message: Message): DeadLetter {
  const { sourceTopic, key, body, bodyLeftOut, headers, code, reason, time } = DeadLetterMessage.decode(message.value);
  const original = { key: key ?? null, value: body, headers };
  const common = { code, reason, time, bodyBytes: body.byteLength, key: key ? Buffer.from(key).toString() : null };
  return { id: idOf(message), ...common, topic: sourceTopic, original, bodyLeftOut };
}
