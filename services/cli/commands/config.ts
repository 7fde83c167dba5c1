import type { Command } from 'commander';
import { stringify } from 'yaml';
import { type ConfigSources, loadConfig } from '../../../training/config/config.ts';
import { configListing, configMarkdown } from '../../../training/config/document.ts';
import { configKeys } from '../../../training/config/keys.ts';
import { collect } from '../options/arguments.ts';
import { Output } from '../output.ts';

interface ConfigOptions {
  preset?: string;
  set?: string[];
  markdown?: boolean;
  json?: boolean;
}

export function addConfigCommand(command: Command): void {
  command
    .argument('[file]', 'YAML or JSON file to check and complete')
    .option('--preset <name>', 'start from a preset, such as tiny or seer-8gf')
    .option('--set <key=value>', 'override a key; may be repeated', collect)
    .option('--markdown', 'print the list of keys as Markdown, for docs/configuration.md')
    .option('--json', 'print the result as JSON')
    .action((file: string | undefined, options: ConfigOptions) => {
      const output = new Output(options);
      const { preset, set, markdown } = options;
      if (file !== undefined || preset !== undefined || set !== undefined) {
        const sources: ConfigSources = { file, preset, set };
        const config = loadConfig(sources);
        output.result(config, stringify(config).trimEnd());
      } else {
        output.result({ keys: configKeys() }, markdown ? configMarkdown().trimEnd() : configListing());
      }
    });
}
