/**
 * The cases of the step benchmark: what both sides compute, told once. The peer gets the architecture as numbers on its
 * command line, ours as the same numbers in a step's description, so neither has a table of its own.
 */
import { regnetTrunk } from '../model/regnet.ts';
import type { TrainingStepSpec } from '../program/training-step.ts';
import { UsageError } from '../services/cli/errors.ts';

/** A trunk by the RegNet rule, the MLP head [hidden, hidden, embedding], and the number of prototypes. */
export interface StepArchitecture {
  readonly depth: number;
  readonly w0: number;
  readonly wa: number;
  readonly wm: number;
  readonly groupWidth: number;
  readonly hidden: number;
  readonly embedding: number;
  readonly prototypes: number;
}

/** torch_swav.py's own numbers (its ARCHS) under its own names. */
export const STEP_ARCHITECTURES: Readonly<Record<string, StepArchitecture>> = {
  '400mf': { ...regnet(16, 48, 27.89, 2.09, 8), hidden: 512, embedding: 128, prototypes: 256 },
  '8gf': { ...regnet(17, 192, 76.82, 2.19, 56), hidden: 4096, embedding: 256, prototypes: 3000 },
};

function regnet(depth: number, w0: number, wa: number, wm: number, groupWidth: number) {
  return { depth, w0, wa, wm, groupWidth };
}

export interface StepCase {
  /** `400mf bf16` */
  readonly name: string;
  readonly architecture: StepArchitecture;
  readonly dtype: 'bf16' | 'fp32';
}

/** Source images per step; each becomes all its crops. */
export const BATCH = 8;

/** Crops per image and their side in pixels; those of the first group get codes. */
export const CROP_GROUPS: readonly { readonly count: number; readonly size: number }[] = [
  { count: 2, size: 160 },
  { count: 4, size: 96 },
];

/** torch_swav.py's --lr. */
export const LEARNING_RATE = 0.3;

export const DEFAULT_CASES = '400mf bf16,8gf bf16,400mf fp32,8gf fp32';

const STEP_CASES: readonly StepCase[] = Object.entries(STEP_ARCHITECTURES).flatMap(([name, architecture]) =>
  (['bf16', 'fp32'] as const).map((dtype) => ({ name: `${name} ${dtype}`, architecture, dtype })),
);

/** `400mf bf16,8gf fp32` as cases. @throws UsageError that names what there is. */
export function parseCases(text: string): StepCase[] {
  return text.split(',').map((part) => {
    const wanted = part.trim().replace(/\s+/g, ' ');
    const found = STEP_CASES.find(({ name }) => name === wanted);
    if (found) return found;
    throw new UsageError(`no case "${wanted}"; known: ${STEP_CASES.map(({ name }) => name).join(', ')}`);
  });
}

/** As the peer's `--arch` takes it: `depth,w0,wa,wm,groupWidth,hidden,embedding,prototypes`. */
export function architectureArgument(architecture: StepArchitecture): string {
  const { depth, w0, wa, wm, groupWidth, hidden, embedding, prototypes } = architecture;
  return [depth, w0, wa, wm, groupWidth, hidden, embedding, prototypes].join(',');
}

type Eight<T> = [T, T, T, T, T, T, T, T];

/** The reverse of {@link architectureArgument}. @throws UsageError */
export function parseArchitecture(text: string): StepArchitecture {
  const numbers = text.split(',').map(Number);
  if (numbers.length !== 8 || !numbers.every((value) => Number.isFinite(value))) {
    throw new UsageError(`an architecture is eight numbers separated by commas, not "${text}"`);
  }
  const [depth, w0, wa, wm, groupWidth, hidden, embedding, prototypes] = numbers as Eight<number>;
  return { depth, w0, wa, wm, groupWidth, hidden, embedding, prototypes };
}

/** As the peer's `--resolutions` takes it: `160x2,96x4`. */
export function resolutionsArgument(): string {
  return CROP_GROUPS.map(({ count, size }) => `${size}x${count}`).join(',');
}

/** The peer's step: normalised f32 crops, SwAV with the paper's numbers, LARC-SGD, no queue. */
export function stepSpec(architecture: StepArchitecture, precision: 'bf16' | 'f32'): TrainingStepSpec {
  const { hidden, embedding, prototypes, ...trunk } = architecture;
  return {
    name: 'step benchmark',
    trunk: regnetTrunk(trunk),
    head: { widths: [hidden, hidden, embedding], prototypes },
    swav: {
      temperature: 0.1,
      epsilon: 0.03,
      sinkhornIterations: 10,
      assignedCrops: CROP_GROUPS[0]!.count,
      crops: CROP_GROUPS.reduce((sum, { count }) => sum + count, 0),
      queueLength: 0,
    },
    grids: CROP_GROUPS.map(({ count, size }) => ({ images: count * BATCH, height: size, width: size })),
    input: { dtype: 'f32' },
    precision,
    optimizer: {
      momentum: 0.9,
      weightDecay: 1e-5,
      larc: { enabled: true, trustCoefficient: 0.001, epsilon: 1e-8 },
    },
  };
}
