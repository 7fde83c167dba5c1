import type { OutgoingMessage } from './message-bus.ts';
import { messageBytes } from './message-bus.ts';

/** Cuts messages into batches of at most so many bytes; a message that is larger is a batch alone. Yields positions. */
export function* batches(
  messages: readonly OutgoingMessage[],
  maximumBytes: number,
): Generator<{ readonly first: number; readonly end: number }> {
  let first = 0;
  let bytes = 0;
  for (const [position, message] of messages.entries()) {
    const size = messageBytes(message);
    if (position > first && bytes + size > maximumBytes) {
      yield { first, end: position };
      first = position;
      bytes = 0;
    }
    bytes += size;
  }
  if (first < messages.length) yield { first, end: messages.length };
}
