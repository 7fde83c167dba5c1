import type { Command } from 'commander';
import type { RankRange } from '../../../actors/coordinator/world-plan.ts';
import { loadConfig } from '../../../training/config/config.ts';
import { configOfRun } from '../../../training/config/config-of-run.ts';
import { withEvaluations } from '../../../training/evaluations/with-evaluations.ts';
import { describeCosts } from '../../../training/run/costs.ts';
import { writeRunPage } from '../../../training/run-page/write-run-page.ts';
import { writeRunPageAside } from '../../../training/run-page/write-run-page-aside.ts';
import { train } from '../../../training/train.ts';
import { openBusAt } from '../../bus/open-bus.ts';
import { evaluationRunner, hasServer } from '../../evaluations/run-by-server.ts';
import { trainOnRanks } from '../../ranks/launcher.ts';
import { UsageError } from '../errors.ts';
import { followTraining } from '../follow-training.ts';
import { addMetricsOption, type MetricsOptions, withTrainingObservation } from '../observation.ts';
import { collect, parseRanks } from '../options/arguments.ts';
import { Output } from '../output.ts';

interface TrainCommandOptions extends MetricsOptions {
  preset?: string;
  data?: string;
  out?: string;
  set?: string[];
  ranks?: RankRange;
  resume?: boolean;
  json?: boolean;
}

export function addTrainCommand(command: Command): void {
  command
    .argument('[config]', 'YAML or JSON file; `auspex config` lists the keys')
    .option('--preset <name>', 'start from a preset, such as tiny or seer-8gf')
    .option('--data <place>', 'folder of images, searched in depth; or a topic: kafka:TOPIC or embedded:TOPIC')
    .option('--out <dir>', 'run folder (default: runs/<date and time>)')
    .option('--set <key=value>', 'override a configuration key; may be repeated', collect)
    .option(
      '--ranks <n>',
      'train on so many processes of this machine, or on 2..4 of them: as many as there are',
      parseRanks,
    )
    .option('--resume', 'go on with the run in --out, from its latest checkpoint');
  addMetricsOption(command)
    .option('--json', 'print progress and result as JSON lines')
    .action(async (file: string | undefined, options: TrainCommandOptions) => {
      const output = new Output(options);
      const config = options.resume ? resumedConfig(file, options) : loadConfig({ ...options, file });
      const { resume = false, json = false, ranks } = options;
      const name = config.training.out ?? 'training';
      const result = await withTrainingObservation(
        'auspex-train',
        name,
        options,
        output,
        ({ environment, onEvent }) => {
          const begin = (signal: AbortSignal) => {
            const training = ranks
              ? trainOnRanks(config, { ranks, resume, signal, environment })
              : train(config, { resume, signal, openBus: openBusAt });
            return withEvaluations(training, config, {
              ...{ run: evaluationRunner, writePage: writeRunPageAside, signal, resumes: hasServer },
            });
          };
          return followTraining(begin, { json, onEvent });
        },
      );
      const page = await writeRunPage(result.out);
      const verb = result.status === 'finished' ? 'Finished' : 'Stopped';
      const goOn = result.status === 'stopped' ? resumeCommand(result.out, options) : undefined;
      const lines = [
        `${verb} after ${result.steps} steps${result.loss === null ? '' : `, loss ${result.loss.toFixed(4)}`}.`,
        `Checkpoint: ${result.checkpoint ?? 'none yet'}`,
        `Page: ${page}`,
        ...describeCosts(result),
        ...(goOn === undefined ? [] : [`Go on with: ${goOn}`]),
      ];
      output.result({ ...result, page, resumeWith: goOn }, lines.join('\n'));
    });
}

function resumeCommand(out: string, { ranks }: TrainCommandOptions): string {
  const again = ranks ? ` --ranks ${ranks.minimum === ranks.maximum ? '' : `${ranks.minimum}..`}${ranks.maximum}` : '';
  return `auspex train --resume --out ${shellWord(out)}${again}`;
}

/** A path as a shell takes it. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A resumed run keeps its configuration: anything else would not be the same run. */
function resumedConfig(file: string | undefined, { out, preset, set, data }: TrainCommandOptions) {
  if (out === undefined) throw new UsageError('--resume needs the run folder: --out DIR');
  if (file !== undefined || preset !== undefined || set !== undefined || data !== undefined) {
    throw new UsageError(
      '--resume takes the configuration from the run folder: leave out the config, --preset, --set and --data',
    );
  }
  return configOfRun(out);
}
