/** The bodies of messages in a topic of images (protos/auspex/v1/images.proto). */
import { auspex } from '#protos/auspex.js';
import { messageOf } from '../../errors.ts';

const { Image } = auspex.v1;

/** Version of the format that is written, and the newest that is read. */
export const IMAGE_SCHEMA = 1;

export interface ImageReference {
  /** A file's absolute path, or s3://bucket/key. */
  readonly shard: string;
  readonly offset: number;
  readonly length: number;
}

export interface ImageMessage {
  readonly name: string;
  /** Of the encoded image, 32 bytes. */
  readonly sha256: Uint8Array;
  readonly content: { readonly inline: Uint8Array } | { readonly reference: ImageReference };
  readonly labels: Readonly<Record<string, string>>;
}

/** A message that is none of an image, or of a format that is not known here. */
export interface BadImageMessage {
  readonly code: 'BAD_IMAGE_MESSAGE' | 'UNKNOWN_SCHEMA' | 'EMPTY';
  readonly message: string;
}

export function encodeImage({ name, sha256, content, labels }: ImageMessage): Uint8Array {
  return Image.encode({ schema: IMAGE_SCHEMA, name, sha256, ...content, labels }).finish();
}

/** @param value the message's body @returns the image, or why it is none */
export function decodeImage(value: Uint8Array): ImageMessage | BadImageMessage {
  if (value.byteLength === 0) return { code: 'EMPTY', message: 'the message has no body' };
  try {
    const { schema, name, sha256, inline, reference, labels } = Image.decode(value);
    if (schema !== IMAGE_SCHEMA) {
      return { code: 'UNKNOWN_SCHEMA', message: `the message has schema ${schema}; this Auspex knows ${IMAGE_SCHEMA}` };
    }
    if (sha256.byteLength !== 32) return { code: 'BAD_IMAGE_MESSAGE', message: 'the message has no SHA-256' };
    if (inline !== null && inline !== undefined && inline.byteLength > 0) {
      return { name, sha256, content: { inline }, labels };
    }
    if (!reference) return { code: 'EMPTY', message: 'the message has neither an image nor a reference' };
    const { shard, offset, length } = reference;
    return {
      name,
      sha256,
      content: { reference: { shard: shard!, offset: Number(offset), length: Number(length) } },
      labels,
    };
  } catch (error) {
    return { code: 'BAD_IMAGE_MESSAGE', message: `the message is no image in protobuf: ${messageOf(error)}` };
  }
}

export function isBadMessage(image: ImageMessage | BadImageMessage): image is BadImageMessage {
  return 'code' in image;
}
