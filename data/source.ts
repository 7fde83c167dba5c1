import { messageOf } from '../errors.ts';
import type { SkipReason } from './errors.ts';

/** Where images come from: a folder today; tar shards and topics have the same shape. */
export interface ImageSource {
  readonly length: number;
  /** A name that a person recognises, unique within the source. */
  name(index: number): string;
  /** The encoded bytes. Rejects where they cannot be had: the image is then skipped with that message. */
  read(index: number): Promise<Uint8Array>;
  /** Where the image is a file: native threads read it themselves. */
  path?(index: number): string;
  /** The class, where one is known. */
  label?(index: number): string | undefined;
}

/** An image as the native calls take it, its path where it has one, or why it cannot be had. */
export async function inputOf(source: ImageSource, index: number): Promise<string | Uint8Array | SkipReason> {
  if (source.path) return source.path(index);
  try {
    return await source.read(index);
  } catch (error) {
    return { code: 'UNREADABLE', message: messageOf(error) };
  }
}

/** Whether an image could not be had. */
export function isReason(input: string | Uint8Array | SkipReason): input is SkipReason {
  return typeof input === 'object' && 'code' in input;
}
