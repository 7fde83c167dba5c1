/**
 * The LARC-norm actor of a rank (Sec. 3.3): takes the sums of squares of the rank's shards, learns those of whole layers by one
 * all-reduce of 2L numbers, and answers with each layer's trust ratio. It also watches what the norms say about the layers.
 *
 *     starting ──▶ waiting for norms ──norms──▶ exchanging ──▶ waiting for norms
 *                                                   └── the exchange failed ──▶ failed (the asker is told)
 *
 * One for each world: it goes with the communicator.
 */
import type { Communicator } from '../kernels/communicator.ts';
import type { Executor } from '../kernels/executor.ts';
import { SHARDED } from '../program/shard.ts';
import { STEP } from '../program/training-step.ts';
import type { ResolvedConfig } from '../training/config/config.ts';
import { describeLayerAlarm, type LayerWatch, startLayerWatch, watchLayers } from '../training/quality/layer-watch.ts';
import { compileLarc } from '../training/rank-step.ts';
import type { ActorRef, Behaviour } from './runtime/index.ts';

export type LarcNormMessage = {
  readonly kind: 'norms';
  /** Sums of squares (L, 2) of this rank's pieces of each layer and its gradient. */
  readonly norms: Float32Array;
  /** Of all ranks. */
  readonly loss: number;
  readonly replyTo: ActorRef<TrustRatios>;
};

export interface TrustRatios {
  readonly kind: 'trustRatios';
  /** (L, 2): the factor of the gradient, and whether weight decay is added. */
  readonly ratios: Float32Array;
  /** Whether loss and norms are finite; otherwise the update is to change nothing. */
  readonly applied: boolean;
  /** Sums of squares (L, 2) over all ranks. */
  readonly norms: Float32Array;
  /** Seconds in the exchange. */
  readonly seconds: number;
  readonly alarms: readonly string[];
}

export interface LarcNormOptions {
  readonly config: ResolvedConfig;
  readonly communicator: Communicator;
  /** Names of the L layers, in the order of the norms. */
  readonly layers: readonly string[];
}

interface State {
  readonly executor: Executor;
  readonly watch: LayerWatch;
}

export function larcNorm({ config, communicator, layers }: LarcNormOptions): Behaviour<State, LarcNormMessage> {
  return {
    start: () => ({
      executor: compileLarc(config, layers.length).allocate(communicator),
      watch: startLayerWatch(layers.length),
    }),

    async receive({ executor, watch }, message) {
      const begin = performance.now();
      executor.write(SHARDED.norms, message.norms);
      executor.write(STEP.loss, Float32Array.of(message.loss));
      await executor.run();
      const norms = executor.read(STEP.norms);
      const watched = watchLayers(watch, norms, layers);
      message.replyTo.tell({
        kind: 'trustRatios',
        ratios: executor.read(STEP.ratios),
        applied: executor.read(STEP.applied)[0] === 1,
        norms,
        seconds: (performance.now() - begin) / 1000,
        alarms: watched.alarms.map(describeLayerAlarm),
      });
      return { executor, watch: watched.watch };
    },

    stop: ({ executor }) => executor.free(),
  };
}
