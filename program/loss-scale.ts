/**
 * Loss scaling for maps in f16, whose smallest numbers gradients would vanish in (the paper trains in mixed precision, Sec. 3): the
 * loss is differentiated as if it were `scale` times as large, and the update divides what comes of it.
 *
 * The scale is found while training goes on. A step in which something overflows is left out, like any step that is not finite, and
 * halves the scale; so many steps in a row without that double it.
 */
import type { Operation } from './operations.ts';
import type { Program } from './program.ts';
import { UPDATE_BASE } from './update.ts';
import type { Value, ValueId } from './values.ts';

export interface LossScaleSpec {
  readonly initial: number;
  /** Steps without an overflow after which the scale doubles. */
  readonly growthInterval: number;
}

/** Names of what a scaled step keeps. */
export const LOSS_SCALE = {
  /** (1) */
  scale: 'loss scale',
  /** (2): steps since the scale changed, and steps that were left out since the training began. */
  counts: 'loss scale counts',
} as const;

/** A scale that an overflow leaves as it is: what is not finite then is not finite for another reason. */
export const SMALLEST_SCALE = 1;
export const LARGEST_SCALE = 2 ** 24;

/** The state after a step. */
export function nextLossScale(
  { scale, clean, skipped }: { scale: number; clean: number; skipped: number },
  applied: boolean,
  growthInterval: number,
): { scale: number; clean: number; skipped: number } {
  if (!applied) return { scale: Math.max(SMALLEST_SCALE, scale / 2), clean: 0, skipped: skipped + 1 };
  if (clean + 1 < growthInterval) return { scale, clean: clean + 1, skipped };
  return { scale: Math.min(LARGEST_SCALE, scale * 2), clean: 0, skipped };
}

/** @param step a complete training step, of one rank */
export function withLossScale(step: Program, { initial, growthInterval }: LossScaleSpec): Program {
  const values: Value[] = [...step.values];
  const state = (name: string, elements: number, value: number): ValueId => {
    const init = { kind: 'constant', value } as const;
    values.push({ id: values.length, name, role: 'state', dtype: 'f32', shape: [elements], init });
    return values.length - 1;
  };
  const scale = state(LOSS_SCALE.scale, 1, initial);
  const counts = state(LOSS_SCALE.counts, 2, 0);
  const scaled = step.operations.map((operation): Operation => {
    switch (operation.kind) {
      case 'swavLossBackward':
        return { ...operation, inputs: { ...operation.inputs, scale } };
      case 'squaredNorms':
        return { ...operation, inputs: { ...operation.inputs, scale } };
      case 'sgd':
        return { ...operation, inputs: { ...operation.inputs, scale } };
      default:
        return operation;
    }
  });
  const sgd = step.operations.find((operation) => operation.kind === 'sgd')!;
  const adapt: Operation = {
    ...UPDATE_BASE,
    kind: 'adaptLossScale',
    inputs: { applied: sgd.inputs.applied },
    updates: { scale, counts },
    attributes: { growthInterval },
  };
  return { ...step, values, operations: [...scaled, adapt] };
}
