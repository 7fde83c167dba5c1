import type { Command } from 'commander';
import { CompiledProgram, hasBf16 } from '../../../kernels/executor.ts';
import { trunkOf } from '../../../model/families.ts';
import { fitBudget } from '../../../program/memory-budget.ts';
import { describeProgram, printProgram } from '../../../program/print.ts';
import type { Program } from '../../../program/program.ts';
import { type TrainingStepSpec, trainingStep } from '../../../program/training-step.ts';
import { type ConfigSources, loadConfig, type ResolvedConfig } from '../../../training/config.ts';
import { collect } from '../arguments.ts';
import { Output } from '../output.ts';

interface ProgramOptions {
  preset?: string;
  set?: string[];
  json?: boolean;
}

export function addProgramCommand(program: Command): void {
  program
    .command('program')
    .description('the operations of a training step in their order, and where each value lies in memory')
    .argument('[file]', 'YAML or JSON configuration')
    .option('--preset <name>', 'start from a preset, such as tiny or seer-8gf')
    .option('--set <key=value>', 'override a key, such as training.memoryBudget=2GiB; may be repeated', collect)
    .option('--json', 'print the result as JSON')
    .action((file: string | undefined, options: ProgramOptions) => {
      const { preset, set } = options;
      const sources: ConfigSources = { file, preset, set };
      const compiled = compile(loadConfig(sources));
      const { program, plan } = compiled;
      new Output(options).result(describeProgram(program, plan), printProgram(program, plan));
    });
}

/** Compiled, so that the plan has the executor's workspaces; no memory is reserved. */
function compile(config: ResolvedConfig): CompiledProgram {
  const { threads, memoryBudget, recomputeGroups } = config.training;
  const options = threads === 'auto' ? {} : { threads };
  const groups = recomputeGroups === 'auto' ? undefined : recomputeGroups === 'none' ? 1 : recomputeGroups;
  const workspaceOf = (candidate: Program) => new CompiledProgram(candidate, options).workspaceBytes;
  const budget = memoryBudget ?? Number.POSITIVE_INFINITY;
  const { program } = fitBudget(trainingStep(stepSpecOf(config)), budget, workspaceOf, { normalised: true, groups });
  return new CompiledProgram(program, options);
}

function stepSpecOf({ model, loss, crops, optimizer, training }: ResolvedConfig): TrainingStepSpec {
  const { architecture, head: widths, headBatchNorm: batchNorm, prototypes } = model;
  const { temperature, epsilon, sinkhornIterations, queueLength } = loss;
  const bf16 = training.precision === 'auto' ? hasBf16() : training.precision === 'bf16';
  return {
    name: typeof architecture === 'string' ? architecture : 'custom',
    trunk: trunkOf(architecture),
    head: { widths, batchNorm, prototypes },
    swav: {
      ...{ temperature, epsilon, sinkhornIterations, queueLength },
      // Codes come from the crops of the first group.
      assignedCrops: crops.groups[0]!.count,
      crops: crops.groups.reduce((sum, { count }) => sum + count, 0),
    },
    grids: crops.groups.map(({ count, size }) => ({ images: count * training.batchSize, height: size, width: size })),
    input: { dtype: 'u8', mean: crops.mean, deviation: crops.std },
    precision: bf16 ? 'bf16' : 'f32',
    optimizer: {
      momentum: optimizer.momentum,
      weightDecay: optimizer.weightDecay,
      larc: { enabled: optimizer.larc, trustCoefficient: optimizer.trustCoefficient, epsilon: optimizer.larcEpsilon },
    },
  };
}
