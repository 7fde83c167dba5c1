/** The program, with all commands in their list, and those that are called in full. */
import { Command, Help } from 'commander';
import { COMMANDS } from './commands.ts';
import { packageVersion } from './version.ts';

/** @param isCalled whether arguments and options of the command of this name are wanted. @default those of all */
export async function buildProgram(isCalled: (name: string) => boolean = () => true): Promise<Command> {
  const usages = new Map<Command, string>();
  const help = new Help();
  const program = new Command('auspex')
    .description('Trains vision models on uncurated images as SEER did, and measures what they learned.')
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ subcommandTerm: (command) => usages.get(command) ?? help.subcommandTerm(command) })
    // Errors are reported in one place and one form.
    .configureOutput({ outputError: () => undefined });
  for (const { usage, description, load } of COMMANDS) {
    const [name] = usage.split(' ') as [string];
    const command = program.command(name).description(description);
    usages.set(command, usage);
    if (isCalled(name)) (await load())(command);
  }
  return program;
}

/** The command that a command line calls, or asks for help about: its first word, as the program itself has no option with a value. */
export function calledCommand(words: readonly string[]): string | undefined {
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  return first === 'help' ? second : first;
}
