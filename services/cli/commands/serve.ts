import { type Command, Option } from 'commander';
import { openBus } from '../../bus/open-bus.ts';
import { createLogger, LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../../logs/logger.ts';
import { runServer } from '../../server/run-server.ts';
import { logEvent } from '../log-event.ts';
import { addMetricsOption, type MetricsOptions } from '../observation.ts';
import { type ApiCommandOptions, addApiOptions, limitsOf, tlsOf } from '../options/api-options.ts';
import { collect, parseCount, parsePositive } from '../options/arguments.ts';
import { addBusOptions, type BusOptions, busPlaces } from '../options/bus-options.ts';
import { addDashboardOptions, type DashboardCommandOptions } from '../options/dashboard-options.ts';
import { addWorkersOptions, type WorkersOptions, workersOf } from '../options/workers-options.ts';
import { Output } from '../output.ts';
import { describeEvent } from '../text/event-text.ts';

interface ServeCommandOptions
  extends BusOptions,
    ApiCommandOptions,
    DashboardCommandOptions,
    MetricsOptions,
    WorkersOptions {
  root: string[];
  outRoot: string;
  state: string;
  from: 'beginning' | 'end';
  maximumRunning: number;
  maximumQueued: number;
  maximumAttempts: number;
  retryDelay: number;
  grace: number;
  logFormat: LogFormat;
  logLevel: LogLevel;
  json?: boolean;
}

/** Seconds that no wait for another attempt exceeds. */
const LONGEST_RETRY_DELAY = 600;

export function addServeCommand(command: Command): void {
  command
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
    .addOption(
      new Option('--log-format <format>', 'of what goes to standard error; json has the events of jobs too')
        .choices(LOG_FORMATS)
        .default('text'),
    )
    .addOption(
      new Option('--log-level <level>', 'the least important that is logged').choices(LOG_LEVELS).default('info'),
    )
    .option('--json', 'print what happens as JSON lines');
  addWorkersOptions(addMetricsOption(addDashboardOptions(addApiOptions(addBusOptions(command))))).action(run);
}

async function run(options: ServeCommandOptions): Promise<void> {
  const output = new Output(options);
  const workers = workersOf(options);
  const logger = createLogger({
    format: options.logFormat,
    level: options.logLevel,
    write: (line) => void process.stderr.write(line),
  });
  const logs = {
    jobs: logger.with({ component: 'jobs' }),
    api: logger.with({ component: 'api' }),
    dashboard: logger.with({ component: 'dashboard' }),
  };
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) return;
    logs.jobs.info('Ending: jobs that run save what they have, and are queued again.');
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const places = busPlaces(options);
  await runServer({
    openBus: () => openBus(options.bus, places),
    places,
    roots: options.root,
    outRoot: options.outRoot,
    state: options.state,
    workers,
    from: options.from,
    limits: {
      maximumRunning: options.maximumRunning,
      maximumQueued: options.maximumQueued,
      sharedWorkers: workers !== undefined,
      maximumAttempts: options.maximumAttempts,
      firstDelay: options.retryDelay * 1000,
      longestDelay: Math.max(options.retryDelay, LONGEST_RETRY_DELAY) * 1000,
    },
    grace: options.grace * 1000,
    clients: options.clients,
    tls: tlsOf(options),
    api: options.api,
    apiLimits: limitsOf(options),
    dashboard: options.http && { ...options.http, monitors: options.monitor ?? [] },
    metrics: options.metrics,
    signal: stop.signal,
    onListening(what, address) {
      output.event({ event: 'listening', what, address });
      const offered = { api: 'The API', dashboard: 'The dashboard', metrics: 'What Prometheus reads' }[what];
      logger.info(`${offered} is at ${address}.`, { component: what });
    },
    onReady(bus) {
      output.event({ event: 'ready', bus: bus.name });
      logs.jobs.info(`Serving jobs from the bus that is ${bus.name}.`);
    },
    onEvent(event) {
      const { kind, ...fields } = event;
      if (options.json) output.event({ event: kind, ...fields });
      else output.text(describeEvent(event));
      if (options.logFormat === 'json') logEvent(logs.jobs, event);
    },
    onWarning(component, message, about) {
      output.event({ event: 'warning', message });
      logs[component].warn(message, about);
    },
  });
  output.result({ status: 'stopped' }, 'Stopped.');
}
