import type { CommandSpec, Value } from './spec.ts';

/** For `source <(auspex completion bash)`; needs bash 4.4 and nothing else. */
export function bashScript(name: string, specs: readonly CommandSpec[]): string {
  const paths = specs.flatMap(({ path }) => (path === '' ? [] : [path]));
  const values = specs.flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) =>
      value
        ? [`    ${names.map((option) => quote(`${path} ${option}`)).join(' | ')}) ${complete(value)}; return ;;`]
        : [],
    ),
  );
  const options = specs.map(
    ({ path, options }) => `      ${quote(path)}) ${words(options.flatMap(({ names }) => names))} ;;`,
  );
  const rest = specs.map(({ path, subcommands, argument }) =>
    subcommands.length > 0
      ? `    ${quote(path)}) ${words(subcommands.map((command) => command.name))} ;;`
      : `    ${quote(path)}) ${argument ? complete(argument) : ':'} ;;`,
  );
  return `# Completion of ${name} for bash: source <(${name} completion bash)
_${name}_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_${name}_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }
_${name}_folders() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); }
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at= word
  COMPREPLY=()
  # bash makes words of their own of --option=value
  if [[ $cur == '=' ]]; then cur=; elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at/$word" in
      ${paths.join(' | ')}) at=$at/$word ;;
      */-*) ;;
      *) break ;;
    esac
  done
  case "$at $prev" in
${values.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$at" in
${options.join('\n')}
    esac
    return
  fi
  case "$at" in
${rest.join('\n')}
  esac
}
complete -F _${name} ${name}
`;

  function words(list: readonly string[]): string {
    return `_${name}_words ${quote(list.join(' '))}`;
  }

  function complete(value: Value): string {
    if (value.kind === 'choices') return words(value.choices);
    return { file: `_${name}_files`, folder: `_${name}_folders`, free: ':' }[value.kind];
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
