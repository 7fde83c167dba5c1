/**
 * A collection of images as it lies somewhere: a folder, tar shards, objects of a store. It is a row of units, an image or a
 * shard of many each, which are read one by one and never all at once.
 *
 *     collection ── units ──▶ folder:  a.jpg   b.jpg   c.jpg          an image each
 *                             shards:  0.tar   1.tar                  many images each, in the order of the shard
 */
import type { ImageReference } from '../topics/image-message.ts';

/** What is known of an image by other means than looking at it. */
export type Labels = Readonly<Record<string, string>>;

export interface CollectedImage {
  readonly kind: 'image';
  /** A path below the collection, or shard and member. */
  readonly name: string;
  /** Whatever lies there: whether it is an image at all is for the caller to find out. */
  readonly bytes: Uint8Array;
  /** Where the same bytes can be read again. */
  readonly place: ImageReference;
  readonly labels: Labels;
}

export type RejectionCode =
  | 'UNREADABLE'
  | 'SYMLINK_LOOP'
  | 'EMPTY'
  | 'NOT_AN_IMAGE'
  | 'TOO_LARGE'
  /** A shard that ends too early or is damaged. */
  | 'CORRUPT'
  /** The file of labels beside an image has none. */
  | 'BAD_LABELS';

/** What lies in a collection and is not taken from it, and why. */
export interface Rejection {
  readonly kind: 'rejected';
  readonly name: string;
  readonly code: RejectionCode;
  readonly message: string;
}

export type CollectedItem = CollectedImage | Rejection;

export interface Collection {
  /** For people: where it lies. */
  readonly name: string;
  /** Number of units. */
  readonly length: number;
  /** Null where it is known only when all has been read. */
  readonly numImages: number | null;
  /** What one unit is. */
  unit(index: number): 'image' | 'shard';
  /** What a unit holds. Rejects only where going on makes no sense, as with a store that cannot be reached. */
  items(index: number): AsyncIterable<CollectedItem>;
  /** What was passed over when the collection was opened; the first are listed. */
  readonly passedOver: { readonly count: number; readonly first: readonly Rejection[] };
}

/** Of one image: larger files are none that a training would decode. */
export const MAXIMUM_IMAGE_BYTES = 256 * 2 ** 20;

export const NOTHING_PASSED_OVER: Collection['passedOver'] = { count: 0, first: [] };

export function rejected(name: string, code: RejectionCode, message: string): Rejection {
  return { kind: 'rejected', name, code, message };
}

/** The class label that a path tells: the first folder below the root. */
export function classOf(name: string): Labels {
  const end = name.indexOf('/');
  return end <= 0 ? {} : { class: name.slice(0, end) };
}

export function tooLarge(bytes: number): string {
  return `it has ${bytes} bytes; an image may have ${MAXIMUM_IMAGE_BYTES}`;
}
