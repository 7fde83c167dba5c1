/** A recipe as a compiled step, within its memory budget. Nothing is allocated yet. */
import { availableParallelism } from 'node:os';
import { CompiledProgram } from '../../kernels/executor.ts';
import { fitBudget } from '../../program/memory-budget.ts';
import type { Program } from '../../program/program.ts';
import { type SupervisedStepSpec, supervisedStep } from '../../program/supervised-step.ts';
import { type EncoderDescription, encoderPrecision } from '../features/encoder.ts';
import type { Recipe } from './recipe.ts';

/** @throws BudgetError that names the smallest budget that would do. */
export function compileStep(
  { trunk, mean, std: deviation }: EncoderDescription,
  classes: number,
  form: SupervisedStepSpec['form'],
  recipe: Recipe,
): CompiledProgram {
  const { size, batchSize, batchNorm, momentum, nesterov, weightDecay, decayVectors, precision } = recipe;
  const step = supervisedStep({
    name: 'fine-tuning',
    trunk,
    classifier: { classes, batchNorm },
    form,
    grid: { images: batchSize, height: size, width: size },
    mean,
    deviation,
    precision: encoderPrecision('scores', precision),
    optimizer: { momentum, nesterov, weightDecay, vectorsUndecayed: !decayVectors },
  });
  const threads = recipe.threads ?? availableParallelism();
  let compiled: CompiledProgram | undefined;
  const compile = (program: Program) => {
    if (compiled?.program !== program) compiled = new CompiledProgram(program, { threads });
    return compiled;
  };
  const budget = recipe.memoryBudget ?? Number.POSITIVE_INFINITY;
  // Normalised maps are made again in any case: that costs next to no time.
  const fitted = fitBudget(step, budget, (program) => compile(program).workspaceBytes, { normalised: true });
  return compile(fitted.program);
}
