import type { Command } from 'commander';
import { describeProgram, printProgram } from '../../../program/print.ts';
import { type ConfigSources, loadConfig } from '../../../training/config/config.ts';
import { compileRankStep } from '../../../training/rank-step.ts';
import { compileStep } from '../../../training/step.ts';
import { collect, parseCount } from '../options/arguments.ts';
import { Output } from '../output.ts';

interface ProgramOptions {
  preset?: string;
  set?: string[];
  ranks?: number;
  json?: boolean;
}

export function addProgramCommand(command: Command): void {
  command
    .argument('[file]', 'YAML or JSON configuration')
    .option('--preset <name>', 'start from a preset, such as tiny or seer-8gf')
    .option('--set <key=value>', 'override a key, such as training.memoryBudget=2GiB; may be repeated', collect)
    .option('--ranks <n>', 'what the first of so many ranks runs', parseCount)
    .option('--json', 'print the result as JSON')
    .action((file: string | undefined, options: ProgramOptions) => {
      const { preset, set, ranks } = options;
      const sources: ConfigSources = { file, preset, set };
      const config = loadConfig(sources);
      const compiled = ranks ? compileRankStep(config, { rank: 0, worldSize: ranks }).compiled : compileStep(config);
      const { program, plan } = compiled;
      new Output(options).result(describeProgram(program, plan), printProgram(program, plan));
    });
}
