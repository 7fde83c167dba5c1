import { Argument, type Command } from 'commander';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { specsOf } from '../completion/spec.ts';
import { zshScript } from '../completion/zsh.ts';
import { Output } from '../output.ts';
import { buildProgram } from '../program.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function addCompletionCommand(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(SCRIPTS)))
    .option('--json', 'print the script as JSON')
    .action(async (shell: keyof typeof SCRIPTS, options: { json?: boolean }) => {
      const program = await buildProgram();
      const script = SCRIPTS[shell](program.name(), specsOf(program));
      new Output(options).result({ shell, script }, script.trimEnd());
    });
}
