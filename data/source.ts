import { messageOf } from '../errors.ts';
import type { ImageInput, RgbImage } from '../kernels/images.ts';
import type { SkipReason } from './errors.ts';
import type { DataPosition, SampleOrder } from './order.ts';
import { BusError } from './topics/bus-error.ts';

/** Where images come from: a folder, or a topic. */
export interface ImageSource {
  /** Infinity while it is not known where it ends. */
  readonly length: number;
  /** A name that a person recognises, unique within the source. */
  name(index: number): string;
  /**
   * The encoded bytes. Rejects where they cannot be had: the image is then skipped with that message, or for the reason of an
   * UnusableImage; a BusError ends what was asked for.
   */
  read(index: number): Promise<Uint8Array>;
  /** Where the image is a file: native threads read it themselves. */
  path?(index: number): string;
  /** Where images are stored as pixels: those, in place of `read`, which encodes them. */
  pixels?(index: number): RgbImage;
  /** The class, where one is known. */
  label?(index: number): string | undefined;
  /** Where images can only be had in an order of their own: that order. @default any order will do */
  order?(batchSize: number, seed: number): SampleOrder;
  /**
   * Where reading ahead pays: reads from a position on, of some lanes of the order above, as the loader will ask for it.
   * @default `read`
   */
  stream?(order: SampleOrder, lanes: readonly number[], position: DataPosition): ImageStream;
}

/** Images that are read ahead. */
export interface ImageStream {
  /** As `ImageSource.read`. */
  read(index: number): Promise<Uint8Array>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** All images of one place that a training can use. */
export interface ImageCollection extends ImageSource {
  /** Where it is, such that it is found from another working directory too. */
  readonly root: string;
  /** Entries that are no images. */
  readonly passedOver: { readonly count: number; readonly first: readonly PassedOver[] };
  /** Images that training never sees, and the others, where that is not any share of them. */
  divide?(heldOutShare: number): { readonly training: ImageSource; readonly heldOut: ImageSource };
  /** What tells it from another collection. @default a hash of all names */
  readonly identity?: string;
  close?(): Promise<void>;
}

/** An entry of a collection that is not part of the source. */
export interface PassedOver {
  readonly name: string;
  readonly code: 'UNREADABLE' | 'SYMLINK_LOOP' | 'NOT_AN_IMAGE';
  readonly message: string;
}

/** Thrown by a source for an image that cannot be used, and nothing worse. */
export class UnusableImage extends Error {
  readonly reason: SkipReason;

  constructor(reason: SkipReason) {
    super(reason.message);
    this.reason = reason;
  }
}

/**
 * An image as the native calls take it, its path where it has one, or why it cannot be had.
 * @throws BusError where no image can be had any more
 */
export async function inputOf(
  source: Pick<ImageSource, 'path' | 'pixels' | 'read'>,
  index: number,
): Promise<ImageInput | SkipReason> {
  if (source.path) return source.path(index);
  if (source.pixels) return source.pixels(index);
  try {
    return await source.read(index);
  } catch (error) {
    if (error instanceof BusError) throw error;
    if (error instanceof UnusableImage) return error.reason;
    return { code: 'UNREADABLE', message: messageOf(error) };
  }
}

/** Whether an image could not be had. */
export function isReason(input: ImageInput | SkipReason): input is SkipReason {
  return typeof input === 'object' && 'code' in input;
}
