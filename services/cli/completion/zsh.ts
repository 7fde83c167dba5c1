import type { CommandSpec, Value } from './spec.ts';

/** For `source <(auspex completion zsh)` after compinit, or as a file `_auspex` in a folder of fpath. */
export function zshScript(name: string, specs: readonly CommandSpec[]): string {
  const paths = specs.flatMap(({ path }) => (path === '' ? [] : [path]));
  const values = specs.flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) =>
      value
        ? [`    ${names.map((option) => quote(`${path} ${option}`)).join(' | ')}) ${complete(value)}; return ;;`]
        : [],
    ),
  );
  const options = specs.map(({ path, options }) => {
    const described = options.flatMap(({ names, description }) => names.map((option) => entry(option, description)));
    return `      ${quote(path)}) found=(${described.join(' ')}) ;;`;
  });
  const rest = specs.map(({ path, subcommands, argument }) => {
    const described = subcommands.map((command) => entry(command.name, command.description));
    if (described.length > 0)
      return `    ${quote(path)}) found=(${described.join(' ')}); _describe -t commands command found ;;`;
    return `    ${quote(path)}) ${argument ? complete(argument) : ':'} ;;`;
  });
  return `#compdef ${name}
# Completion of ${name} for zsh: source <(${name} completion zsh)
_${name}() {
  local prev=$words[CURRENT-1] at= word
  local -a found
  if [[ $PREFIX == --*=* ]]; then prev=\${PREFIX%%=*}; compset -P '*='; fi
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at/$word" in
      ${paths.join(' | ')}) at=$at/$word ;;
      */-*) ;;
      *) break ;;
    esac
  done
  case "$at $prev" in
${values.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then
    case "$at" in
${options.join('\n')}
    esac
    _describe -o option found
    return
  fi
  case "$at" in
${rest.join('\n')}
  esac
}
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function complete(value: Value): string {
  if (value.kind === 'choices') return `compadd -- ${value.choices.map(quote).join(' ')}`;
  return { file: '_files', folder: '_files -/', free: ':' }[value.kind];
}

/** A colon divides the two. */
function entry(name: string, description: string): string {
  return quote(`${name.replaceAll(':', '\\:')}:${description}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
