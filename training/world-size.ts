/** Among how many ranks a training can be divided. */
import type { ResolvedConfig } from './config/config.ts';
import { TrainingError } from './training-errors.ts';

/** Consecutive ranks that share the statistics of batch norm: all, where there are fewer than a group has. */
export function batchNormRanksOf({ ranks }: ResolvedConfig, worldSize: number): number {
  return Math.min(ranks.batchNorm ?? worldSize, worldSize);
}

/**
 * Why so many ranks cannot share a training; undefined where they can.
 * @param numLanes of a topic, which ranks share too
 * @returns TrainingError BAD_WORLD_SIZE
 */
export function divisionProblem(
  config: ResolvedConfig,
  worldSize: number,
  numLanes?: number,
): TrainingError | undefined {
  const { batchSize } = config.training;
  const { queueLength } = config.loss;
  const group = batchNormRanksOf(config, worldSize);
  if ([batchSize, queueLength, numLanes ?? 0].some((count) => count % worldSize !== 0)) {
    const queue = queueLength > 0 ? ` and the queue of ${queueLength}` : '';
    const lanes = numLanes === undefined ? '' : `, of ${numLanes} lanes of partitions of the topic,`;
    return new TrainingError(
      'BAD_WORLD_SIZE',
      `The batch of ${batchSize} images${queue}${lanes} cannot be divided evenly among ${worldSize} ranks. ` +
        'Choose --ranks or training.batchSize so that each rank gets equally many.',
    );
  }
  if (worldSize % group === 0) return undefined;
  return new TrainingError(
    'BAD_WORLD_SIZE',
    `${worldSize} ranks do not divide into groups of ranks.batchNorm=${group}. Choose --ranks as a multiple of that, or ` +
      'ranks.batchNorm as a divisor of --ranks.',
  );
}

/** @throws TrainingError BAD_WORLD_SIZE where so many ranks cannot share a training. */
export function requireDivisible(config: ResolvedConfig, worldSize: number): void {
  const problem = divisionProblem(config, worldSize);
  if (problem) throw problem;
}
