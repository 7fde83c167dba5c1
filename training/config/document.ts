/** The list of configuration keys as text and as docs/configuration.md; both come from the schema. */
import { type ConfigKey, configKeys } from './keys.ts';
import { presets } from './presets.ts';

/** One line per key and one below it that explains it, for a terminal. */
export function configListing(): string {
  return configKeys()
    .map((key) => {
      if (key.section) return `\n${key.path}: ${key.description}`;
      const value = key.default === undefined ? '' : ` = ${JSON.stringify(key.default)}`;
      return `  ${key.path}${value}  (${details(key)})\n      ${key.description}`;
    })
    .join('\n');
}

/** docs/configuration.md. */
export function configMarkdown(): string {
  const parts: string[] = [];
  let rows: string[][] = [];
  const flush = () => {
    if (rows.length > 0) parts.push(`\n${markdownTable([COLUMNS, ...rows])}`);
    rows = [];
  };
  for (const key of configKeys()) {
    if (key.section) {
      flush();
      parts.push(`\n${'#'.repeat(key.path.split('.').length + 1)} ${key.path}\n\n${key.description}`);
    } else {
      const value = key.default === undefined ? '' : `\`${JSON.stringify(key.default)}\``;
      rows.push([`\`${key.path}\``, value, key.unit ?? '', key.type, key.description, key.source ?? '']);
    }
  }
  flush();
  const named = [...presets].map(([name, { description }]) => `- \`${name}\`: ${description}.`);
  return `${[INTRODUCTION, ...named, ...parts].join('\n')}\n`;
}

const COLUMNS = ['Key', 'Default', 'Unit', 'Type', 'Meaning', 'Source'];

/** A table as the formatter leaves it: columns padded to their longest cell. The first row is the head. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = escaped[0]!.map((_, column) => Math.max(3, ...escaped.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const [head, ...body] = escaped.map((row) => line(row.map((cell, column) => cell.padEnd(widths[column]!))));
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

const INTRODUCTION = `# Configuration

Made from the schema (training/config/schema.ts) by \`auspex config --markdown > docs/configuration.md\`; do not edit.

A config is a YAML or JSON file. What it leaves out comes from its \`preset\`, and otherwise from the defaults below;
\`--set key.path=value\` (a YAML value) goes before the file, and \`--set crops.groups.1.size=64\` reaches into a list.
The complete config of a run is written to its run folder and can be given to \`auspex train\` again.

Presets (\`auspex config --preset NAME\` shows one in full):
`;

function details({ type, unit, source }: ConfigKey): string {
  return [unit, type, source].filter((part) => part !== undefined).join('; ');
}
