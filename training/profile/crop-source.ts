/** Where a profile's crops come from: made up once, or from the loader of a training, working while steps run. */
import { cropPolicy } from '../../data/crop-policy.ts';
import { type Batch, openLoader } from '../../data/loader.ts';
import { shareRows } from '../../data/share.ts';
import type { ResolvedConfig } from '../config/config.ts';
import { divideSource } from '../held-out.ts';
import { openData } from '../open-data.ts';
import type { RankOf } from '../rank-step.ts';
import { cropPolicyOf } from '../step.ts';
import { numThreads } from '../threads.ts';
import { type NamedSpan, timed } from './timed-step.ts';

export interface CropSource {
  /** The crops of a step; the next ones are being made from now on, and `loading` tells how long that took. */
  next(): Promise<{ readonly crops: readonly Uint8Array[]; loading(): Promise<readonly NamedSpan[]> }>;
  close(): Promise<void>;
}

/** Noise of the crops' size, the same for every step: no kernel's time depends on what is in an image. */
export function madeUpCrops(config: ResolvedConfig, worldSize: number): CropSource {
  const images = config.training.batchSize / worldSize;
  const crops = config.crops.groups.map(({ count, size }) => noise(count * images * size * size * 3));
  return { next: async () => ({ crops, loading: async () => [] }), close: async () => undefined };
}

function noise(bytes: number): Uint8Array {
  let state = 1;
  return new Uint8Array(bytes).map(() => {
    // A linear congruential generator; its upper bits are random enough for a picture.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/**
 * The crops of `data.path`, as in a training: while a step runs, the next batch is read, decoded and cropped.
 * @throws TrainingError NO_DATA, TOO_FEW_IMAGES; DataError
 */
export async function loadedCrops(config: ResolvedConfig, { rank, worldSize }: RankOf): Promise<CropSource> {
  const { training, data } = config;
  const { collection } = await openData(config);
  const loader = openLoader({
    source: divideSource(collection, data.heldOutShare, training.seed).training,
    policy: cropPolicy(cropPolicyOf(config)),
    batchSize: training.batchSize,
    seed: training.seed,
    threads: numThreads(data.loaderThreads),
    // One batch at a time, and when it is asked for: what it takes then shows.
    prefetch: 0,
    maximumSkippedShare: data.maximumSkippedShare,
    limits: { maximumPixels: data.maximumPixels },
    // Only the rank that is profiled loads images, so there is nobody to agree with.
    share: { ...shareRows(training.batchSize, rank, worldSize), agree: async ({ failed }) => failed },
  });
  const make = () => {
    const batch = timed('read, decode and crop', () => loader.next());
    // Whoever waits for it hears of a failure; until then, or if nobody does, it must not count as unhandled.
    batch.catch(() => undefined);
    return batch;
  };
  let coming = make();
  let used: Batch | undefined;
  return {
    async next() {
      if (used) loader.recycle(used);
      const { result } = await coming;
      used = result;
      coming = make();
      const being = coming;
      return { crops: result.crops, loading: async () => [(await being).span] };
    },
    close: () => loader.close(),
  };
}
