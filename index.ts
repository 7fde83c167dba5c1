/**
 * What programs import from `auspex`:
 *
 *     const config = loadConfig({ preset: 'tiny', data: 'photos', out: 'runs/first' });
 *     for await (const event of train(config)) if (event.kind === 'step') console.log(event.step, event.loss);
 *     const encoder = await loadEncoder('runs/first');
 *     const { features, names } = await embedImages(await openImageFolder('photos'), encoder);
 *
 * docs/examples/ has a whole program.
 */

import { openBusAt } from './services/bus/open-bus.ts';
import type { ResolvedConfig } from './training/config/config.ts';
import { type TrainingEvent, type TrainOptions, type TrainResult, train as trainFrom } from './training/train.ts';

export { CheckpointError } from './checkpoints/errors.ts';
export { DataError } from './data/errors.ts';
export { type ImageFolder, openImageFolder } from './data/image-folder.ts';
export type { ImageSource } from './data/source.ts';
export { AuspexError } from './errors.ts';
export { EvaluationError } from './evals/errors.ts';
export { type EmbeddedImages, type EmbedImagesOptions, embedImages } from './evals/features/embed-images.ts';
export { Encoder, type EncoderOptions } from './evals/features/encoder.ts';
export { type Features, features } from './evals/features/features.ts';
export { type Neighbours, nearestNeighbours } from './evals/neighbours/nearest-neighbours.ts';
export type { FeatureLayer } from './program/encoder.ts';
export { ProgramError } from './program/errors.ts';
export { openBus } from './services/bus/open-bus.ts';
export { type LaunchOptions, trainOnRanks } from './services/ranks/launcher.ts';
export { type Audit, auditRun } from './training/audit/audit-run.ts';
export { loadEncoder, loadUntrainedTwin } from './training/checkpoints/load-encoder.ts';
export { type ConfigInput, type ConfigSources, loadConfig, type ResolvedConfig } from './training/config/config.ts';
export { ConfigError } from './training/config/errors.ts';
export type { QualityRecord, StepRecord } from './training/run/records.ts';
export { RunError } from './training/run/run-errors.ts';
export type { TrainingEvent, TrainOptions, TrainResult } from './training/train.ts';
export { TrainingError } from './training/training-errors.ts';

/** Trains, from a folder or from a topic, and yields what happens; training/train.ts says more. */
export function train(config: ResolvedConfig, options: TrainOptions = {}): AsyncGenerator<TrainingEvent, TrainResult> {
  return trainFrom(config, { openBus: openBusAt, ...options });
}
