/** EmbeddingService (protos/auspex/v1/embedding_service.proto). */
import type { auspex } from '#protos/auspex.js';
import { FEATURE_LAYERS, type FeatureLayer } from '../../../program/encoder.ts';
import type { Roots } from '../../jobs/roots.ts';
import type { EMBEDDING_SERVICE } from '../contract.ts';
import { invalid } from '../rpc/requests.ts';
import type { Handlers } from '../rpc/serve-methods.ts';
import type { EncodedImage } from './encoder-ladder.ts';
import type { EncoderPool, EncoderWanted, PooledEncoder } from './encoder-pool.ts';
import { inOrder } from './in-order.ts';

type ImageInput = auspex.v1.ImageInput.$Properties;
type ImageFeatures = auspex.v1.ImageFeatures.$Properties;

export interface EmbeddingContext {
  readonly pool: EncoderPool;
  readonly roots: Roots;
  /** Of one encoded image. */
  readonly maximumImageBytes: number;
}

/** Images of one unary call. */
const MOST_IMAGES = 256;
const DEFAULT_SIZE = 224;
const SMALLEST_SIZE = 8;
const LARGEST_SIZE = 1024;

export function embeddingService(context: EmbeddingContext): Handlers<typeof EMBEDDING_SERVICE> {
  return {
    async embed({ encoder, images }, { signal }) {
      return embedAll(context, encoder, images, signal);
    },

    async *embedStream(requests, { signal }) {
      const iterator = requests[Symbol.asyncIterator]();
      const first = await iterator.next();
      if (first.done) return;
      const encoder = await context.pool.encoder(encoderOf(context, first.value.encoder));
      yield { shape: { extents: [...encoder.shape] } };
      const answers = inOrder(
        { [Symbol.asyncIterator]: () => iterator },
        ({ image }) =>
          embedOne(
            context,
            encoder,
            image ?? invalid('image', 'is missing; only the first request names an encoder'),
            signal,
          ),
        // One batch runs while the next gathers.
        2 * encoder.largestBatch,
      );
      for await (const image of answers) yield { image };
    },
  };
}

/** @throws ApiError API_INVALID_REQUEST, CheckpointError, RejectionError */
export async function embedAll(
  context: EmbeddingContext,
  encoder: auspex.v1.EncoderSpec.$Properties | null | undefined,
  images: readonly ImageInput[],
  signal: AbortSignal,
): Promise<{ images: ImageFeatures[]; shape: number[] }> {
  if (images.length < 1 || images.length > MOST_IMAGES) {
    invalid('images', `there are ${images.length}; 1 to ${MOST_IMAGES} are possible, and EmbedStream takes any number`);
  }
  const pooled = await context.pool.encoder(encoderOf(context, encoder));
  const answers = await Promise.all(images.map((image) => embedOne(context, pooled, image, signal)));
  return { images: answers, shape: [...pooled.shape] };
}

async function embedOne(
  context: EmbeddingContext,
  encoder: PooledEncoder,
  image: ImageInput,
  signal: AbortSignal,
): Promise<ImageFeatures> {
  const name = image.name ?? '';
  const outcome = await encoder.embed(imageOf(context, image), signal);
  if (outcome instanceof Float32Array) return { name, features: { values: outcome as unknown as number[] } };
  const { code, message } = outcome;
  return { name, problem: { code, message } };
}

/** @throws ApiError API_INVALID_REQUEST, RejectionError */
function imageOf({ roots, maximumImageBytes }: EmbeddingContext, { name, data, path }: ImageInput): EncodedImage {
  const called = name ?? '';
  if (path) return { name: called, path: roots.anyFile('path', path, maximumImageBytes) };
  if (!data || data.byteLength === 0) invalid('images', `${called || 'one'} has neither data nor a path`);
  if (data.byteLength <= maximumImageBytes) return { name: called, data };
  return invalid('images', `${called || 'one'} has ${data.byteLength} bytes; ${maximumImageBytes} are allowed`);
}

/** @throws ApiError API_INVALID_REQUEST, RejectionError */
function encoderOf(
  { roots }: EmbeddingContext,
  spec: auspex.v1.EncoderSpec.$Properties | null | undefined,
): EncoderWanted {
  if (!spec?.checkpoint) invalid('encoder.checkpoint', "is missing; give a run folder, or a checkpoint's");
  const layer = spec.layer || 'pool';
  if (!isLayer(layer)) invalid('encoder.layer', `is ${layer}; possible are ${FEATURE_LAYERS.join(', ')}`);
  const size = spec.size || DEFAULT_SIZE;
  if (size < SMALLEST_SIZE || size > LARGEST_SIZE) {
    invalid('encoder.size', `is ${size} pixels; ${SMALLEST_SIZE} to ${LARGEST_SIZE} are possible`);
  }
  return { checkpoint: roots.folder('encoder.checkpoint', spec.checkpoint), layer, size };
}

function isLayer(layer: string): layer is FeatureLayer {
  return FEATURE_LAYERS.some((one) => one === layer);
}
