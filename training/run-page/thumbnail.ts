import sharp from 'sharp';

/** An image file (path or bytes), or decoded RGB pixels [height, width, 3]. */
export type ThumbnailSource =
  | string
  | Uint8Array
  | { readonly pixels: Uint8Array; readonly width: number; readonly height: number };

/** The part of the upright image to show, in pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A square JPEG of a few kilobytes as a data URI; what does not fit the square is cut off evenly.
 * @param side width and height in pixels; twice the size on the page keeps it sharp on a phone
 * @throws whatever sharp says about a broken image
 */
export async function makeThumbnail(source: ThumbnailSource, region?: Region, side = 192): Promise<string> {
  const upright = open(source).autoOrient();
  const part = region ? upright.extract(region) : upright;
  const jpeg = await part
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .resize(side, side, { fit: 'cover' })
    .jpeg({ quality: 72, chromaSubsampling: '4:2:0' })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}

function open(source: ThumbnailSource) {
  if (typeof source === 'string' || source instanceof Uint8Array) return sharp(source);
  const { pixels, width, height } = source;
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
