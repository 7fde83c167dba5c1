import type { CommandSpec, OptionSpec, Value } from './spec.ts';

/** For `auspex completion fish | source`, or as a file in ~/.config/fish/completions. */
export function fishScript(name: string, specs: readonly CommandSpec[]): string {
  const paths = specs.flatMap(({ path }) => (path === '' ? [] : [path]));
  const lines = specs.flatMap(({ path, subcommands, options, argument }) => {
    const at = `complete -c ${name} -n ${quote(`_${name}_at ${path === '' ? '/' : path}`)}`;
    return [
      `${at} ${argumentOf(argument)}`,
      ...subcommands.map((command) => `${at} -f -a ${command.name} -d ${quote(command.description)}`),
      ...options.map((option) => `${at} ${flagsOf(option)} -d ${quote(option.description)}`),
    ];
  });
  return `# Completion of ${name} for fish: ${name} completion fish | source
function _${name}_at
    set -l at
    for word in (commandline -opc)[2..]
        switch "$at/$word"
            case ${paths.join(' ')}
                set at "$at/$word"
            case '*/-*'
            case '*'
                break
        end
    end
    test "$at" = "$argv[1]" -o "$at/" = "$argv[1]"
end
complete -c ${name} -e
${lines.join('\n')}
`;
}

function argumentOf(value: Value | null): string {
  if (value?.kind === 'file') return '-F';
  return value ? `-f ${suggestions(value)}`.trim() : '-f';
}

function flagsOf({ names, value }: OptionSpec): string {
  const flags = names.map((option) => (option.startsWith('--') ? `-l ${option.slice(2)}` : `-s ${option.slice(1)}`));
  if (!value) return flags.join(' ');
  return [...flags, value.kind === 'file' ? '-r -F' : `-x ${suggestions(value)}`.trim()].join(' ');
}

function suggestions(value: Value): string {
  if (value.kind === 'choices') return `-a ${quote(value.choices.join(' '))}`;
  return value.kind === 'folder' ? "-a '(__fish_complete_directories)'" : '';
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
