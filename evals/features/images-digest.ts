/** What tells the images of a source from all others, without decoding them. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { ImageSource } from '../../data/source.ts';
import { EvaluationError } from '../errors.ts';

/** Files that are looked at, or images that are read, at once. */
const AT_ONCE = 64;

/**
 * SHA-256 in hexadecimal over the names of all images and what each of them is: of a file its size and the time of its last
 * change, of any other image its bytes.
 */
export async function digestOfImages(source: ImageSource, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (let first = 0; first < source.length; first += AT_ONCE) {
    signal?.throwIfAborted();
    const images = Array.from({ length: Math.min(AT_ONCE, source.length - first) }, (_, i) => first + i);
    const contents = await Promise.all(images.map((image) => contentOf(source, image)));
    for (const [i, content] of contents.entries()) {
      // Lengths keep a name that ends with another's beginning apart from it.
      hash.update(JSON.stringify([source.name(images[i]!), content.length])).update(content);
    }
  }
  return hash.digest('hex');
}

async function contentOf(source: ImageSource, image: number): Promise<Uint8Array | string> {
  if (source.path) {
    const file = source.path(image);
    const status = await stat(file).catch(() => undefined);
    // It will be skipped, with the reason; once it is there it is another image.
    return status ? `${status.size} ${status.mtimeMs}` : 'missing';
  }
  if (!source.pixels) return source.read(image).catch(() => 'missing');
  const { width, height, data } = source.pixels(image);
  if (data.length !== width * height * 3) {
    const message = `Image ${source.name(image)} has ${data.length} bytes of pixels, and not ${width} x ${height} x 3.`;
    throw new EvaluationError('SHAPES_DIFFER', message);
  }
  return data;
}
