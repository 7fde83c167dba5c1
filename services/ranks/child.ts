/** A coordinator, a worker, or a rank beside one that is profiled, as a process that was started for it and ends with its starter. */
import { runCoordinator } from '../../actors/coordinator-node.ts';
import { hostId } from '../../actors/node-options.ts';
import type { AskTracer } from '../../actors/runtime/index.ts';
import { runWorker } from '../../actors/worker-node.ts';
import { AuspexError, messageOf } from '../../errors.ts';
import { madeUpCrops } from '../../training/profile/crop-source.ts';
import { runSteps } from '../../training/profile/profile.ts';
import { openRankStep } from '../../training/profile/step-runner.ts';
import { openBusAt } from '../bus/open-bus.ts';
import { inTrace } from '../observability/process-trace.ts';
import type { FromProcess, ToProcess } from './messages.ts';

const stop = new AbortController();
let processEnded: (pid: number) => void = () => {};
let addressesArrived: (addresses: readonly Uint8Array[]) => void = () => {};

// A terminal sends its Ctrl-C to all processes of the command; what it means is the launcher's to say.
process.on('SIGINT', () => {}).on('SIGTERM', () => {});
// Whatever native threads are at: an orderly exit would wait for them, and nothing here needs one.
process.on('disconnect', dieWithLauncher);
process.on('message', (message: ToProcess) => {
  switch (message.kind) {
    case 'ping':
      return send({ kind: 'pong' });
    case 'coordinate':
      return void run(inTrace('auspex-coordinator', 'coordinator', {}, (trace) => coordinate(message, trace.asks)));
    case 'work':
      return void run(
        inTrace('auspex-worker', 'rank process', { 'auspex.worker': message.name }, (trace) =>
          work(message, trace.asks),
        ),
      );
    case 'accompany':
      return void run(accompany(message));
    case 'addresses':
      return addressesArrived(message.addresses);
    case 'stop':
      return stop.abort();
    case 'processEnded':
      return processEnded(message.pid);
  }
});

// The launcher may have ended while this file was loaded.
if (!process.connected) dieWithLauncher();

function dieWithLauncher(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function coordinate(
  { port, ...options }: Extract<ToProcess, { kind: 'coordinate' }>,
  asks: AskTracer | undefined,
): Promise<FromProcess> {
  const own = hostId();
  const result = await runCoordinator({
    ...options,
    asks,
    openBus: openBusAt,
    listen: { port },
    signal: stop.signal,
    onListening: (address) => send({ kind: 'listening', address }),
    onEvent: (event) => send({ kind: 'event', event }),
    onLost: ({ hostId: host, pid }) => {
      if (host === own) send({ kind: 'lost', pid });
    },
    onProcesses: (ended) => {
      processEnded = ended;
    },
  });
  return { kind: 'result', result };
}

async function work(options: Extract<ToProcess, { kind: 'work' }>, asks: AskTracer | undefined): Promise<FromProcess> {
  const onWarning = (message: string) => send({ kind: 'event', event: { kind: 'warning', message } });
  const dismissal = await runWorker({ ...options, asks, openBus: openBusAt, onWarning });
  return { kind: 'dismissed', ...(dismissal.kind === 'refused' && { reason: dismissal.reason }) };
}

async function accompany({ config, numSteps, rank, worldSize }: Extract<ToProcess, { kind: 'accompany' }>) {
  const addresses = new Promise<readonly Uint8Array[]>((resolve) => {
    addressesArrived = resolve;
  });
  const runner = await openRankStep(config, { rank, worldSize }, (address) => {
    send({ kind: 'address', address });
    return addresses;
  });
  await runSteps(runner, madeUpCrops(config, worldSize), numSteps);
  runner.close();
  return { kind: 'accompanied' } as const;
}

async function run(work: Promise<FromProcess>): Promise<void> {
  const last = await work.catch((error: unknown): FromProcess => {
    const code = error instanceof AuspexError ? error.code : 'INTERNAL';
    return { kind: 'failed', code, message: messageOf(error) };
  });
  // The message has to be out before the process ends.
  process.send!(last, () => process.exit(last.kind === 'failed' ? 1 : 0));
}

function send(message: FromProcess): void {
  // That the launcher is gone is told by `disconnect`.
  if (process.connected) process.send!(message, () => undefined);
}
