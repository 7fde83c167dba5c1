import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { RankRange } from '../../../actors/coordinator/world-plan.ts';
import { type CoordinatorOptions, runCoordinator } from '../../../actors/coordinator-node.ts';
import { loadConfig, type ResolvedConfig } from '../../../training/config/config.ts';
import { configOfRun } from '../../../training/config/config-of-run.ts';
import { withEvaluations } from '../../../training/evaluations/with-evaluations.ts';
import { describeCosts } from '../../../training/run/costs.ts';
import { runFolderOf } from '../../../training/run/run-folder.ts';
import { writeRunPage } from '../../../training/run-page/write-run-page.ts';
import { writeRunPageAside } from '../../../training/run-page/write-run-page-aside.ts';
import type { TrainingEvent, TrainResult } from '../../../training/training-events.ts';
import { openBusAt } from '../../bus/open-bus.ts';
import { evaluationRunner, hasServer } from '../../evaluations/run-by-server.ts';
import { EventQueue } from '../../ranks/event-queue.ts';
import { followTraining } from '../follow-training.ts';
import { addSecurityOptions, parseAddress, type SecurityOptions, securityOf } from '../network.ts';
import { addMetricsOption, type MetricsOptions, withTrainingObservation } from '../observation.ts';
import { collect, parseRanks } from '../options/arguments.ts';
import { Output } from '../output.ts';

interface CoordinatorCommandOptions extends SecurityOptions, MetricsOptions {
  ranks: RankRange;
  preset?: string;
  data?: string;
  out?: string;
  set?: string[];
  resume?: boolean;
  listen: { host: string; port: number };
  json?: boolean;
}

export function addCoordinatorCommand(command: Command): void {
  command
    .argument('[config]', 'YAML or JSON file; `auspex config` lists the keys')
    .requiredOption('--ranks <n>', 'how many workers train together, or 2..4: as many as there are', parseRanks)
    .option('--preset <name>', 'start from a preset, such as tiny or seer-8gf')
    .option('--data <place>', 'folder of images, or a topic; workers see the same, by this or their own --data')
    .option('--out <dir>', 'run folder, on a disk that all workers write to (default: runs/<date and time>)')
    .option('--set <key=value>', 'override a configuration key; may be repeated', collect)
    .option('--resume', 'go on with the run in --out, if there is one')
    .option('--listen <host:port>', 'where workers dial', parseAddress, { host: '127.0.0.1', port: 7460 });
  addMetricsOption(addSecurityOptions(command))
    .option('--json', 'print progress and result as JSON lines')
    .action(async (file: string | undefined, options: CoordinatorCommandOptions) => {
      const output = new Output(options);
      const { ranks, listen, json = false } = options;
      const security = securityOf(options);
      const resume =
        options.resume === true && options.out !== undefined && existsSync(path.join(options.out, 'run.json'));
      const config = resume ? configOfRun(options.out!) : loadConfig({ ...options, file });
      const onListening = (address: string) => {
        output.text(`Workers join with: auspex worker --coordinator ${address}`);
        output.event({ event: 'listening', address });
      };
      const out = runFolderOf(config);
      const result = await withTrainingObservation('auspex-coordinator', out, options, output, ({ asks, onEvent }) => {
        const start = (signal: AbortSignal) => {
          const training = coordinate({
            config,
            ranks,
            out,
            resume,
            listen: { ...listen, security },
            asks,
            signal,
            openBus: openBusAt,
            onListening,
          });
          return withEvaluations(training, config, {
            ...{ run: evaluationRunner, writePage: writeRunPageAside, signal, resumes: hasServer },
          });
        };
        return followTraining(start, { json, onEvent });
      });
      const page = await writeRunPage(result.out);
      const verb = result.status === 'finished' ? 'Finished' : 'Stopped';
      const lines = [
        `${verb} after ${result.steps} steps.`,
        `Checkpoint: ${result.checkpoint ?? 'none yet'}`,
        `Page: ${page}`,
        ...describeCosts(result),
      ];
      output.result({ ...result, page }, lines.join('\n'));
    });
}

/** The coordinator's events as an iteration. */
async function* coordinate(
  options: Omit<CoordinatorOptions, 'onEvent'> & { readonly config: ResolvedConfig },
): AsyncGenerator<TrainingEvent, TrainResult> {
  const events = new EventQueue<TrainingEvent>();
  const running = runCoordinator({ ...options, onEvent: (event) => events.push(event) });
  running.then(
    () => events.end(),
    (error: Error) => events.fail(error),
  );
  for await (const event of events) yield event;
  return running;
}
