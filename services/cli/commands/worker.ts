import { randomUUID } from 'node:crypto';
import os from 'node:os';
import type { Command } from 'commander';
import { keepWorking } from '../../../actors/keep-working.ts';
import { runWorker } from '../../../actors/worker-node.ts';
import { loadConfig } from '../../../training/config/config.ts';
import { openBusAt } from '../../bus/open-bus.ts';
import { inTrace } from '../../observability/process-trace.ts';
import { RefusedError } from '../errors.ts';
import { addSecurityOptions, parseAddress, type SecurityOptions, securityOf } from '../network.ts';
import { parseCount, parseNumber } from '../options/arguments.ts';
import { Output } from '../output.ts';

interface WorkerCommandOptions extends SecurityOptions {
  coordinator: { host: string; port: number };
  name?: string;
  host: string;
  threads?: number;
  data?: string;
  heartbeatTimeout: number;
  keep?: boolean;
  json?: boolean;
}

export function addWorkerCommand(command: Command): void {
  command
    .argument('[config]', "only to make sure that it is the coordinator's: another one is refused")
    .requiredOption('--coordinator <host:port>', 'where the coordinator listens', parseAddress)
    .option('--name <name>', 'unique among the workers (default: host name and a random number)')
    .option('--host <address>', 'this host, as workers on other hosts reach it', '127.0.0.1')
    .option('--threads <n>', 'threads that compute (default: as the config says)', parseCount)
    .option('--data <dir>', 'folder of images on this host (default: as the config says)')
    .option('--heartbeat-timeout <seconds>', 'as ranks.heartbeatTimeout of the config', parseNumber, 10)
    .option('--keep', 'when a training has ended, wait for the next one that listens there, until Ctrl-C');
  addSecurityOptions(command)
    .option('--json', 'print the result as JSON')
    .action(async (file: string | undefined, options: WorkerCommandOptions) => {
      const output = new Output(options);
      const { coordinator, host, threads, data, heartbeatTimeout } = options;
      const name = options.name ?? `${os.hostname()}-${randomUUID().slice(0, 8)}`;
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());
      const work = {
        coordinator: `${coordinator.host.includes(':') ? `[${coordinator.host}]` : coordinator.host}:${coordinator.port}`,
        ...{ name, host, threads, data, heartbeatTimeout, security: securityOf(options), openBus: openBusAt },
        ...(file !== undefined && { config: loadConfig({ file }) }),
        signal: stop.signal,
        onWarning: (message: string) => void process.stderr.write(`warning: ${message}\n`),
      };
      const attributes = { 'auspex.worker': name };
      if (options.keep) {
        const trainings = await inTrace('auspex-worker', 'worker', attributes, ({ asks }) =>
          keepWorking({ ...work, asks }),
        );
        return output.result({ name, trainings }, `${name}: asked to end, after ${trainings} trainings.`);
      }
      const dismissal = await inTrace('auspex-worker', 'rank process', attributes, ({ asks }) =>
        runWorker({ ...work, asks }),
      );
      if (dismissal.kind === 'refused') throw new RefusedError(dismissal.reason);
      output.result({ name, ...dismissal }, `${name}: there is nothing more to do.`);
    });
}
