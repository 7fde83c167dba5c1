/** The options of `auspex serve` that say where workers of other machines join trainings on several ranks. */
import path from 'node:path';
import type { Command } from 'commander';
import { checkListener } from '../../../actors/runtime/index.ts';
import { addSecurityOptions, parseAddress, type SecurityOptions, securityOf } from '../network.ts';

export interface WorkersOptions {
  workersListen?: { host: string; port: number };
  workersTokenFile?: string;
  workersTlsCa?: string;
  workersTlsCert?: string;
  workersTlsKey?: string;
}

export function addWorkersOptions(command: Command): Command {
  command.option(
    '--workers-listen <host:port>',
    'run trainings that ask for ranks on the workers that dial there (`auspex worker --keep`), one training at a time',
    parseAddress,
  );
  return addSecurityOptions(command, 'workers-');
}

/**
 * Options of `auspex coordinator`, as a job has to be started with; undefined where ranks are processes of this machine.
 * @throws UsageError; ActorError INSECURE_LISTENER, before any job would
 */
export function workersOf(options: WorkersOptions): string[] | undefined {
  const { workersListen: listen } = options;
  if (!listen) return undefined;
  const security: SecurityOptions = {
    tokenFile: options.workersTokenFile,
    tlsCa: options.workersTlsCa,
    tlsCert: options.workersTlsCert,
    tlsKey: options.workersTlsKey,
  };
  checkListener(listen.host, securityOf(security));
  const files = [
    ['--token-file', security.tokenFile],
    ['--tls-ca', security.tlsCa],
    ['--tls-cert', security.tlsCert],
    ['--tls-key', security.tlsKey],
  ] as const;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return [
    ...['--listen', `${host}:${listen.port}`],
    ...files.flatMap(([option, file]) => (file === undefined ? [] : [option, path.resolve(file)])),
  ];
}
