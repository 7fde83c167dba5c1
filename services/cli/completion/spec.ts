/** What there is to complete, read off the program. */
import type { Argument, Command, Option } from 'commander';

export type Value =
  | { readonly kind: 'folder' }
  | { readonly kind: 'file' }
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  /** A number, a name: nothing that a shell could know. */
  | { readonly kind: 'free' };

export interface OptionSpec {
  /** As they are typed, such as `-h` and `--help`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Null for those that take none. */
  readonly value: Value | null;
}

export interface CommandSpec {
  /** The words before it and its own, each after a slash: `/checkpoint/slice`; empty for the program itself. */
  readonly path: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionSpec[];
  /** Of the first argument, which stands for all. */
  readonly argument: Value | null;
}

const FOLDERS = ['dir', 'run', 'folder', 'checkpoint', 'place', 'result'];
const FILES = ['file', 'config', 'from', 'source', 'first', 'second', 'destination', 'address'];

/** The program and all commands below it. */
export function specsOf(program: Command, path = ''): CommandSpec[] {
  const own: CommandSpec = {
    path,
    subcommands: program.commands.map((command) => ({
      name: command.name(),
      description: firstPart(command.description()),
    })),
    options: program.createHelp().visibleOptions(program).map(optionSpec),
    argument: argumentValue(program.registeredArguments[0]),
  };
  return [own, ...program.commands.flatMap((command) => specsOf(command, `${path}/${command.name()}`))];
}

function optionSpec({ short, long, description, required, optional, flags, argChoices }: Option): OptionSpec {
  const placeholder = /[<[]([^>\].]+)/.exec(flags)?.[1] ?? '';
  return {
    names: [short, long].filter((name) => name !== undefined),
    description: firstPart(description),
    value: required || optional ? completionOf(placeholder, argChoices) : null,
  };
}

function argumentValue(argument: Argument | undefined): Value | null {
  return argument ? completionOf(argument.name(), argument.argChoices) : null;
}

function completionOf(placeholder: string, choices: readonly string[] | undefined): Value {
  if (choices) return { kind: 'choices', choices };
  if (FOLDERS.includes(placeholder)) return { kind: 'folder' };
  return FILES.includes(placeholder) ? { kind: 'file' } : { kind: 'free' };
}

/** Beside many others there is room for a few words. */
function firstPart(description: string): string {
  return description.split(/[;(\n]/)[0]!.trim();
}
