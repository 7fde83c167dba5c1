/** From a configuration to the compiled training step, and what a run keeps of it. */
import type { LoadedCheckpoint } from '../checkpoints/open-checkpoint.ts';
import type { TensorSource } from '../checkpoints/safetensors.ts';
import type { MemoryOf } from '../checkpoints/stream-tensors.ts';
import { placeOf } from '../checkpoints/tensor-places.ts';
import type { CropPolicy } from '../data/crop-policy.ts';
import { shuffledOrder } from '../data/order.ts';
import type { ImageSource } from '../data/source.ts';
import type { EncoderDescription } from '../evals/features/encoder.ts';
import { type Compiled, type Executor, hasBf16 } from '../kernels/executor.ts';
import { trunkOf } from '../model/families.ts';
import { learningRate } from '../model/schedule.ts';
import { type BudgetOptions, fitBudget } from '../program/memory-budget.ts';
import type { Program } from '../program/program.ts';
import { type TrainingStepSpec, trainingStep } from '../program/training-step.ts';
import { isPersistent, type Precision } from '../program/values.ts';
import { type ResolvedConfig, scheduleOf } from './config/config.ts';
import { type Device, onProcessors } from './device.ts';
import { numThreads } from './threads.ts';
import { TrainingError } from './training-errors.ts';

export function describeEncoder({ model, crops }: ResolvedConfig): EncoderDescription {
  const head = { widths: model.head, batchNorm: model.headBatchNorm, prototypes: model.prototypes };
  return { trunk: trunkOf(model.architecture), head, mean: crops.mean, std: crops.std };
}

export function cropPolicyOf({ crops }: ResolvedConfig): Partial<CropPolicy> {
  const { region, jitter, blur } = crops;
  return {
    groups: crops.groups,
    ratio: crops.aspectRatio,
    flip: crops.flip,
    jitter: jitter.probability,
    brightness: jitter.brightness,
    contrast: jitter.contrast,
    saturation: jitter.saturation,
    hue: jitter.hue,
    grey: crops.grey,
    blur: blur.probability,
    blurRadius: blur.radius,
    region: [region.left, region.top, region.right, region.bottom],
  };
}

export function precisionOf({ training }: ResolvedConfig): Precision {
  if (training.precision === 'auto') return isQuickAtBf16(training.device) ? 'bf16' : 'f32';
  return PRECISIONS[training.precision];
}

const PRECISIONS = { fp32: 'f32', bf16: 'bf16', fp16: 'f16' } as const;

/** GPUs are; TensorFlow on processors rounds more in bf16 and gains little. */
function isQuickAtBf16(device: ResolvedConfig['training']['device']): boolean {
  return device === 'cpu' ? hasBf16() : device === 'gpu';
}

/** Settles a precision of `auto` for all ranks of a world: each by itself might answer differently. */
export function settlePrecision(config: ResolvedConfig, allHaveBf16: boolean): ResolvedConfig {
  const { training } = config;
  if (training.precision !== 'auto' || training.device !== 'cpu') return config;
  return { ...config, training: { ...training, precision: allHaveBf16 ? 'bf16' : 'fp32' } };
}

export function stepSpecOf(config: ResolvedConfig): TrainingStepSpec {
  const { loss, crops, optimizer, training } = config;
  const { trunk, head, mean, std: deviation } = describeEncoder(config);
  return {
    name: typeof config.model.architecture === 'string' ? config.model.architecture : 'custom',
    trunk,
    head,
    swav: {
      temperature: loss.temperature,
      epsilon: loss.epsilon,
      sinkhornIterations: loss.sinkhornIterations,
      // The codes come from the crops of the first group.
      assignedCrops: crops.groups[0]!.count,
      crops: crops.groups.reduce((sum, { count }) => sum + count, 0),
      queueLength: loss.queueLength,
    },
    grids: crops.groups.map(({ count, size }) => ({ images: count * training.batchSize, height: size, width: size })),
    input: { dtype: 'u8', mean, deviation },
    precision: precisionOf(config),
    lossScale: { initial: training.lossScale, growthInterval: training.lossScaleGrowth },
    optimizer: {
      momentum: optimizer.momentum,
      weightDecay: optimizer.weightDecay,
      larc: { enabled: optimizer.larc, trustCoefficient: optimizer.trustCoefficient, epsilon: optimizer.larcEpsilon },
    },
  };
}

/** Names of the L layers of a step, in the order of its norms. */
export function layersOf({ values, operations }: Program): string[] {
  const norms = operations.find((operation) => operation.kind === 'squaredNorms')!;
  return norms.inputs.parameters.map((id) => values[id]!.piece?.parameter ?? values[id]!.name);
}

/**
 * Steps of the whole training: until the longest lane of its images has had its epochs, as every batch takes equally many from each.
 * @param source the images to train on
 */
export function numSteps({ training }: ResolvedConfig, source: Pick<ImageSource, 'length' | 'order'>): number {
  const { iterations, epochs, batchSize, seed } = training;
  if (iterations !== null) return iterations;
  const order = source.order?.(batchSize, seed) ?? shuffledOrder(source.length, seed);
  const longest = Math.max(...Array.from({ length: order.lanes }, (_, lane) => order.lengthOf(lane)));
  return Math.ceil((epochs! * longest * order.lanes) / batchSize);
}

/** STEP.control of the step after `finished` steps: the learning rate, and whether the prototypes are frozen. */
export function controlOf(config: ResolvedConfig, total: number, finished: number): Float32Array {
  const frozen = finished < config.loss.prototypesFrozenIterations ? 1 : 0;
  return Float32Array.of(learningRate(scheduleOf(config, total), finished), frozen);
}

/**
 * The step with as many activation checkpoints as its memory budget asks for. Nothing is allocated yet.
 * @param device where it will run. @default processors, by oneDNN
 * @throws BudgetError that names the smallest budget that would do.
 */
export function compileStep(
  config: ResolvedConfig,
  device: Device = onProcessors(numThreads(config.training.threads)),
): Compiled {
  const { memoryBudget } = config.training;
  let compiled: Compiled | undefined;
  const compile = (program: Program) => {
    if (compiled?.program !== program) compiled = device.compile(program);
    return compiled;
  };
  const budget = memoryBudget ?? Number.POSITIVE_INFINITY;
  const workspaceOf = (program: Program) => compile(program).workspaceBytes;
  const step = trainingStep(stepSpecOf(config));
  return compile(fitBudget(step, budget, workspaceOf, budgetOptionsOf(config)).program);
}

/** Normalised maps are made again in any case: that costs next to no time. */
export function budgetOptionsOf({ training }: ResolvedConfig): BudgetOptions {
  const { recomputeGroups } = training;
  return {
    normalised: true,
    groups: recomputeGroups === 'auto' ? undefined : recomputeGroups === 'none' ? 1 : recomputeGroups,
  };
}

/** Everything that outlives a step, copied out of the executor: what a checkpoint holds. */
export function snapshot(executor: Executor): Map<string, Map<string, TensorSource>> {
  const files = new Map<string, Map<string, TensorSource>>();
  for (const { name, shape } of executor.program.values.filter(isPersistent)) {
    const { file, tensor } = placeOf(name);
    const values = executor.read(name);
    if (!files.has(file)) files.set(file, new Map());
    files.get(file)!.set(tensor, { dtype: 'F32', shape, data: new Uint8Array(values.buffer) });
  }
  return files;
}

/**
 * To put a checkpoint's tensors back: every one must be there in its shape, and none that is not wanted.
 * @returns the executor's memory for them.
 * @throws TrainingError CHECKPOINT_MISMATCH
 */
export function restore(executor: Executor, { map }: Pick<LoadedCheckpoint, 'map'>): MemoryOf {
  const unused = new Set([...map].flatMap(([file, tensors]) => [...tensors.keys()].map((name) => `${file}/${name}`)));
  const names = new Map<string, string>();
  for (const { name, shape } of executor.program.values.filter(isPersistent)) {
    const { file, tensor } = placeOf(name);
    const found = map.get(file)?.get(tensor);
    if (!found) throw mismatch(`${file}.safetensors lacks ${tensor} [${shape}]`);
    if (found.shape.join() !== shape.join()) {
      throw mismatch(`${file}.safetensors: ${tensor} has the shape [${found.shape}], [${shape}] is needed`);
    }
    names.set(`${file}/${tensor}`, name);
    unused.delete(`${file}/${tensor}`);
  }
  const [left] = unused;
  if (left) throw mismatch(`it has ${left}, which the configuration has not`);
  return ({ file, tensor }) => executor.memory(names.get(`${file}/${tensor}`)!);
}

function mismatch(what: string): TrainingError {
  return new TrainingError(
    'CHECKPOINT_MISMATCH',
    `The checkpoint is of another architecture or optimiser than the configuration: ${what}. ` +
      'Resume with the configuration of the run, or start a new run in another folder.',
  );
}
