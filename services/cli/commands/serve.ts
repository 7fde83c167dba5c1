import { type Command, Option } from 'commander';
import { serve } from '../../jobs/server.ts';
import { collect, parseCount, parsePositive } from '../arguments.ts';
import { addBusOptions, type BusOptions, busPlaces, withBus } from '../bus-options.ts';
import { describeEvent } from '../event-text.ts';
import { Output } from '../output.ts';

interface ServeCommandOptions extends BusOptions {
  root: string[];
  outRoot: string;
  state: string;
  from: 'beginning' | 'end';
  maximumRunning: number;
  maximumQueued: number;
  maximumAttempts: number;
  retryDelay: number;
  grace: number;
  json?: boolean;
}

/** Seconds that no wait for another attempt exceeds. */
const LONGEST_RETRY_DELAY = 600;

export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('run the jobs that come in over a message bus: trainings and evaluations')
    .requiredOption('--root <dir>', 'jobs may read data, checkpoints and configs below it; may be repeated', collect)
    .requiredOption('--out-root <dir>', 'folder in which every job gets a folder for its results')
    .requiredOption('--state <dir>', 'folder in which the server remembers jobs; for one server at a time')
    .addOption(
      new Option('--from <place>', 'where a new --state begins to read')
        .choices(['beginning', 'end'])
        .default('beginning'),
    )
    .option('--maximum-running <jobs>', 'jobs that run at once', parseCount, 1)
    .option('--maximum-queued <jobs>', 'jobs that may wait; more are rejected', parseCount, 100)
    .option('--maximum-attempts <n>', 'failed attempts after which a job is given up', parseCount, 3)
    .option(
      '--retry-delay <seconds>',
      'wait before the second attempt; each later one waits twice as long',
      parsePositive,
      10,
    )
    .option('--grace <seconds>', 'how long a job that was asked to end may take before it is killed', parsePositive, 60)
    .option('--json', 'print what happens as JSON lines');
  addBusOptions(command).action(async (options: ServeCommandOptions) => {
    const output = new Output(options);
    const stop = new AbortController();
    const onSignal = () => {
      if (stop.signal.aborted) return;
      process.stderr.write('Ending: jobs that run save what they have, and are queued again.\n');
      stop.abort();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    await withBus(options, (bus) =>
      serve({
        bus,
        places: busPlaces(options),
        roots: options.root,
        outRoot: options.outRoot,
        state: options.state,
        from: options.from,
        limits: {
          maximumRunning: options.maximumRunning,
          maximumQueued: options.maximumQueued,
          maximumAttempts: options.maximumAttempts,
          firstDelay: options.retryDelay * 1000,
          longestDelay: Math.max(options.retryDelay, LONGEST_RETRY_DELAY) * 1000,
        },
        grace: options.grace * 1000,
        signal: stop.signal,
        onReady() {
          output.event({ event: 'ready', bus: bus.name });
          process.stderr.write(`Serving jobs from the bus that is ${bus.name}.\n`);
        },
        onEvent(event) {
          const { kind, ...fields } = event;
          if (options.json) output.event({ event: kind, ...fields });
          else output.text(describeEvent(event));
        },
        onWarning(message) {
          output.event({ event: 'warning', message });
          process.stderr.write(`warning: ${message}\n`);
        },
      }),
    );
    output.result({ status: 'stopped' }, 'Stopped.');
  });
}
