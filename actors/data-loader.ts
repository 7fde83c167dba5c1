/**
 * The data-loader actor of a rank: makes the rank's rows of every batch ahead of time, and gives them out one batch at a time.
 * Which images cannot be used it settles with the other ranks' loaders through the coordinator, so that every rank trains on
 * its rows of the same batches as one rank alone would.
 *
 *     starting ──▶ working ahead ──next──▶ (the batch, when it is made) ──▶ working ahead
 *                        └──stop──▶ stopping: what is under way ends ──▶ stopped
 *
 * One for each world: it begins where that world begins.
 */
import { cropPolicy } from '../data/crop-policy.ts';
import { type Batch, type Loader, openLoader } from '../data/loader.ts';
import type { DataPosition } from '../data/order.ts';
import { type FailedRow, type ShareRound, shareRows } from '../data/share.ts';
import type { ImageSource } from '../data/source.ts';
import type { ResolvedConfig } from '../training/config/config.ts';
import { cropPolicyOf } from '../training/step.ts';
import { numThreads } from '../training/threads.ts';
import type { ActorRef, Behaviour } from './runtime/index.ts';

export type DataLoaderMessage =
  | { readonly kind: 'next'; readonly replyTo: ActorRef<NextBatch> }
  /** The batch's arrays may be used for another one. */
  | { readonly kind: 'recycle'; readonly batch: Batch };

export type NextBatch =
  | { readonly kind: 'batch'; readonly batch: Batch }
  /** The loader made its last batch: why. */
  | { readonly kind: 'failed'; readonly error: Error };

export interface DataLoaderOptions {
  readonly config: ResolvedConfig;
  /** Images to train on. */
  readonly source: ImageSource;
  readonly rank: number;
  readonly worldSize: number;
  /** Null at the very beginning. */
  readonly position: DataPosition | null;
  /** Hands in what failed on this rank and brings what failed on all. */
  agree(round: ShareRound): Promise<readonly FailedRow[]>;
}

export function dataLoader(options: DataLoaderOptions): Behaviour<Loader, DataLoaderMessage> {
  const { config, source, rank, worldSize, position, agree } = options;
  const { training, data } = config;
  return {
    start: () =>
      openLoader({
        source,
        policy: cropPolicy(cropPolicyOf(config)),
        batchSize: training.batchSize,
        seed: training.seed,
        position: position ?? undefined,
        threads: numThreads(data.loaderThreads),
        maximumSkippedShare: data.maximumSkippedShare,
        limits: { maximumPixels: data.maximumPixels },
        share: { ...shareRows(training.batchSize, rank, worldSize), agree },
      }),

    receive(loader, message) {
      if (message.kind === 'recycle') {
        loader.recycle(message.batch);
        return loader;
      }
      // Not awaited: a loader that waits for other ranks must still be able to stop.
      loader.next().then(
        (batch) => {
          message.replyTo.tell({ kind: 'batch', batch });
        },
        (error: Error) => {
          message.replyTo.tell({ kind: 'failed', error });
        },
      );
      return loader;
    },

    stop: (loader) => loader.close(),
  };
}
