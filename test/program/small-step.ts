/** A whole training step of a small network, for tests of passes and executors: every kind of operation occurs in it. */
import { regnetTrunk, type TrunkParameters } from '../../model/regnet.ts';
import type { Program } from '../../program/program.ts';
import { STEP, type TrainingStepSpec, trainingStep } from '../../program/training-step.ts';
import { elements } from '../../program/values.ts';
import { integer, normals, uniform } from './random.ts';
import { type Contents, randomContents } from './tiny-program.ts';

const TRUNK: TrunkParameters = {
  stemWidth: 12,
  stages: [
    { depth: 2, width: 16, groupWidth: 8 },
    { depth: 2, width: 28, groupWidth: 7 },
    { depth: 1, width: 40, groupWidth: 8 },
  ],
};

/** Four images, two large and three small crops of each. */
export function smallSpec(
  overrides: Partial<TrainingStepSpec> = {},
  trunk: Partial<TrunkParameters> = {},
): TrainingStepSpec {
  const [batch, assignedCrops, smallCrops] = [4, 2, 3];
  return {
    name: 'small step',
    trunk: regnetTrunk({ ...TRUNK, ...trunk } as TrunkParameters),
    head: { widths: [24, 12], batchNorm: 'hidden', prototypes: 20 },
    swav: {
      ...{ temperature: 0.2, epsilon: 0.05, sinkhornIterations: 3, queueLength: 6 },
      ...{ assignedCrops, crops: assignedCrops + smallCrops },
    },
    grids: [
      { images: assignedCrops * batch, height: 35, width: 33 },
      { images: smallCrops * batch, height: 24, width: 21 },
    ],
    input: { dtype: 'u8', mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
    precision: 'f32',
    optimizer: { momentum: 0.9, weightDecay: 1e-4, larc: { enabled: true, trustCoefficient: 0.01, epsilon: 1e-8 } },
    keepGradients: true,
    ...overrides,
  };
}

export function smallStep(...spec: Parameters<typeof smallSpec>): Program {
  return trainingStep(smallSpec(...spec));
}

/** Images, learning rate and first values of everything; the same for every variant of the step. */
export function stepContents(program: Program, seed: number): Contents {
  const random = uniform(seed);
  const kept = program.values.filter(({ role }) => role !== 'intermediate' && role !== 'output');
  const crops = kept.find(({ name }) => name === STEP.crops);
  const images = Uint8Array.from({ length: crops ? crops.shape[0]! * 3 : 0 }, () => integer(random, 0, 255));
  const contents = randomContents(program, random);
  // Of about unit length, as they are after the first step: otherwise the loss hardly depends on anything.
  const prototypes = program.values.find(({ name }) => name === 'prototypes.weight')!;
  contents[prototypes.name] = normals(random, elements(prototypes), 1 / Math.sqrt(prototypes.shape[1]!));
  return {
    ...contents,
    ...(crops && { [STEP.crops]: images }),
    [STEP.control]: Float32Array.of(0.1, 0),
  };
}
