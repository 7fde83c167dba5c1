import type { Command } from 'commander';
import { describeProgram, printProgram } from '../../../program/print.ts';
import { type ConfigSources, loadConfig } from '../../../training/config.ts';
import { compileStep } from '../../../training/step.ts';
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
      const compiled = compileStep(loadConfig(sources));
      const { program, plan } = compiled;
      new Output(options).result(describeProgram(program, plan), printProgram(program, plan));
    });
}
