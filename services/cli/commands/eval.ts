import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { FeatureCache } from '../../../evals/features/feature-cache.ts';
import { openData } from '../../../evals/open-data.ts';
import { defaultsOf, type OptionValues } from '../../../evals/protocol-options.ts';
import type { Protocol } from '../../../evals/protocols/protocol.ts';
import { PROTOCOLS } from '../../../evals/protocols/registry.ts';
import { runEvaluation } from '../../../evals/run-evaluation.ts';
import { FEATURE_LAYERS, type FeatureLayer } from '../../../program/encoder.ts';
import { checkpointToEvaluate } from '../../../training/checkpoints/checkpoint-to-evaluate.ts';
import { assignmentLayer, mergeLayers } from '../../../training/config/layers.ts';
import { cacheFolder } from '../cache-folder.ts';
import { collect, parseCount } from '../options/arguments.ts';
import { Output } from '../output.ts';
import { StageProgress } from '../progress/stage-progress.ts';
import { signalOfUser } from '../stop-signal.ts';
import { evaluationText } from '../text/evaluation-text.ts';
import { packageVersion } from '../version.ts';

interface EvalOptions {
  checkpoint: string;
  data: string;
  dataset?: string;
  out?: string;
  layer?: FeatureLayer[];
  size?: number;
  set?: string[];
  cache?: string;
  untrained?: boolean;
  json?: boolean;
}

export function addEvalCommand(command: Command): void {
  command
    .command('list')
    .description('all protocols with their options')
    .option('--json', 'print the result as JSON')
    .action((options: { json?: boolean }) => {
      const protocols = PROTOCOLS.map((protocol) => {
        const { name, description, source, splits } = protocol;
        return { name, description, source, splits, defaults: defaultsOf(protocol) };
      });
      new Output(options).result({ protocols }, PROTOCOLS.map(describe).join('\n\n'));
    });
  for (const protocol of PROTOCOLS) addProtocol(command, protocol);
}

function addProtocol(command: Command, protocol: Protocol): void {
  command
    .command(protocol.name)
    .description(`${protocol.description} (${protocol.source})`)
    .requiredOption('--checkpoint <dir>', "a run folder, or one checkpoint's folder")
    .requiredOption(
      '--data <dir>',
      'a dataset that was prepared, or a folder of images: train/CLASS and test/CLASS, or CLASS',
    )
    .option('--dataset <name>', 'which dataset of a prepared folder, where it holds several')
    .option('--out <dir>', `folder of results (default: eval-${protocol.name})`)
    .addOption(
      new Option('--layer <layer>', 'layer whose features are taken; may be given several times')
        .choices(FEATURE_LAYERS)
        .argParser((layer, previous?: string[]) => {
          if ((FEATURE_LAYERS as readonly string[]).includes(layer)) return collect(layer, previous);
          throw new InvalidArgumentError(`Allowed choices are ${FEATURE_LAYERS.join(', ')}.`);
        }),
    )
    .option('--size <pixels>', 'side of the centre view', parseCount)
    .option('--set <key=value>', "one of the protocol's options; may be given several times", collect)
    .option('--cache <dir>', 'where features are kept for another time (default: ~/.cache/auspex/features)')
    .option('--untrained', 'the same network with first weights, to compare with')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `\nOptions for --set, with their defaults:\n${optionLines(protocol)}`)
    .action(async (options: EvalOptions) => {
      const output = new Output(options);
      const out = options.out ?? `eval-${protocol.name}`;
      const cache = new FeatureCache(options.cache ?? path.join(cacheFolder(), 'features'), (message) => {
        output.event({ event: 'warning', message });
        output.text(`warning: ${message}`);
      });
      const progress = new StageProgress(output, options.json ?? false);
      const stop = signalOfUser(() => process.stderr.write('Ending: keeping what is done.\n'));
      try {
        const result = await runEvaluation({
          protocol,
          options: optionsOf(options),
          data: await openData(options.data, options.dataset),
          checkpoint: await checkpointToEvaluate(options.checkpoint, { untrained: options.untrained ?? false }),
          out,
          cache,
          versions: { auspex: packageVersion(), node: process.versions.node },
          signal: stop.signal,
          onProgress: (...report) => progress.report(...report),
        }).finally(() => progress.stop());
        for (const { name, code, message } of result.data.skipped) output.text(`skipped ${name}: ${message} (${code})`);
        output.result({ out, ...result }, evaluationText(result, out));
      } catch (error) {
        if (error !== stop.signal.reason) throw error;
        process.stderr.write('Ended before there was a result; the same command goes on from what was kept.\n');
        process.exitCode = stop.exitCode;
      } finally {
        stop.release();
      }
    });
}

function optionsOf({ set = [], layer, size }: EvalOptions): OptionValues {
  const given = mergeLayers(set.map(assignmentLayer));
  return { ...given, ...(layer && { layers: layer }), ...(size !== undefined && { size }) };
}

function describe(protocol: Protocol): string {
  const { name, description, source, splits } = protocol;
  return [`${name}: ${description}`, `  ${source}; splits ${splits.join(', ')}`, optionLines(protocol)].join('\n');
}

function optionLines(protocol: Protocol): string {
  return Object.entries(defaultsOf(protocol))
    .map(([key, value]) => `  ${key}=${JSON.stringify(value)}`)
    .join('\n');
}
