/** From what lies in a collection to the message of a topic, or why there is none. */
import { createHash } from 'node:crypto';
import { type CollectedImage, type Rejection, rejected } from '../../data/collections/collection.ts';
import { sniffFormat } from '../../data/sniff.ts';
import { encodeImage, IMAGE_SCHEMA, type ImageMessage } from '../../data/topics/image-message.ts';
import { messageBytes, type OutgoingMessage } from '../bus/message-bus.ts';

/** How an image travels: its bytes, or where they lie; `auto` takes the bytes where the message fits. */
export type Form = 'inline' | 'reference' | 'auto';

export interface PreparedImage {
  readonly kind: 'prepared';
  readonly name: string;
  readonly sha256: Uint8Array;
  readonly form: Exclude<Form, 'auto'>;
  readonly imageBytes: number;
  /** Of the message, as the bus counts them. */
  readonly bytes: number;
  readonly message: Omit<OutgoingMessage, 'partition'>;
}

/** What is no image is rejected before it is hashed. */
export function whyNoImage({ name, bytes }: CollectedImage): Rejection | undefined {
  if (bytes.byteLength === 0) return rejected(name, 'EMPTY', 'it has no bytes');
  if (sniffFormat(bytes) !== undefined) return undefined;
  return rejected(name, 'NOT_AN_IMAGE', 'its content is no format that can be read, whatever its name');
}

/** Here and not in another thread: handing the bytes over costs as much as hashing them. */
export function sha256Of(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** @param maximumBytes of a message */
export function prepareImage(
  image: CollectedImage,
  sha256: Uint8Array,
  form: Form,
  maximumBytes: number,
): PreparedImage | Rejection {
  const { name, bytes, place, labels } = image;
  const forms = form === 'auto' ? (['inline', 'reference'] as const) : [form];
  let needed = 0;
  for (const candidate of forms) {
    // Copied into a message only where there is a chance that it fits.
    if (candidate === 'inline' && bytes.byteLength > maximumBytes) {
      needed = bytes.byteLength;
      continue;
    }
    const content: ImageMessage['content'] = candidate === 'inline' ? { inline: bytes } : { reference: place };
    const message = {
      key: sha256,
      value: encodeImage({ name, sha256, content, labels }),
      headers: { 'auspex-schema': String(IMAGE_SCHEMA) },
    };
    needed = messageBytes(message);
    if (needed <= maximumBytes) {
      const imageBytes = bytes.byteLength;
      return { kind: 'prepared', name, sha256, form: candidate, imageBytes, bytes: needed, message };
    }
  }
  const hint = form === 'inline' ? '; --form auto publishes where it lies' : ', most of it labels';
  return rejected(name, 'TOO_LARGE', `its message has ${needed} bytes; the bus takes ${maximumBytes}${hint}`);
}
