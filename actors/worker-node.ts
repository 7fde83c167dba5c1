/** The process of a worker: it dials the coordinator, and again when it was lost, and ends when it is dismissed. */
import type { ResolvedConfig } from '../training/config/config.ts';
import { hashOfConfig } from '../training/config/hash.ts';
import type { OpenDataOptions } from '../training/open-data.ts';
import { checkpoint } from './checkpoint.ts';
import { COORDINATOR, softwareVersionOf, type WorkerHello } from './coordinator-node.ts';
import { gpuWorker } from './gpu-worker.ts';
import type { Dismissal, ShardCoordinatorMessage } from './messages.ts';
import { heartbeatOf, hostId, onWarning } from './node-options.ts';
import { ActorSystem, type AskTracer, type DialledNode, dial, type Security } from './runtime/index.ts';

export interface WorkerOptions extends Pick<OpenDataOptions, 'openBus'> {
  /** `host:port` of the coordinator. */
  readonly coordinator: string;
  /** Unique among the workers of a coordinator. */
  readonly name: string;
  readonly security?: Security;
  /** Where ranks on other hosts reach this one. @default 127.0.0.1 */
  readonly host?: string;
  /** Threads that compute. @default as the config says */
  readonly threads?: number;
  /** Folder of images on this host. @default as the config says */
  readonly data?: string;
  /** A config that the coordinator's must equal. @default whatever the coordinator's is */
  readonly config?: ResolvedConfig;
  readonly heartbeatTimeout: number;
  /** Follows questions between this process and the coordinator. */
  readonly asks?: AskTracer | undefined;
  /** Makes the process leave. */
  readonly signal?: AbortSignal;
  onWarning(message: string): void;
}

/** Works until the coordinator dismisses this process. @throws ActorError where it is not let in, or nobody answers */
export async function runWorker(options: WorkerOptions): Promise<Dismissal> {
  const { name, host = '127.0.0.1', threads, data, config, openBus, asks } = options;
  const system = new ActorSystem({ name, asks });
  onWarning(system, options.onWarning);
  let node: DialledNode | undefined;
  try {
    const dismissal = new Promise<Dismissal>((resolve, reject) => {
      const behaviour = gpuWorker({
        ...{ hostId: hostId(), host, threads, data, openBus },
        checkpoint: system.spawn('checkpoint', checkpoint),
        onDismissed: resolve,
      });
      const worker = system.spawn('gpu-worker', behaviour, { restarts: { maximum: 0, withinMs: 1 } });
      const enlist = () => {
        const coordinator = node!.peer.actor<ShardCoordinatorMessage>(COORDINATOR);
        worker.tell({ kind: 'enlist', coordinator });
      };
      system.subscribe((event) => {
        if (event.kind === 'nodeLost') worker.tell({ kind: 'coordinatorLost', reason: event.error.message });
        if (event.kind === 'nodeJoined' && node) enlist();
        if (event.kind === 'nodeRefused') reject(event.error);
        if (event.kind === 'actorFailed' && event.actor.endsWith('/gpu-worker')) reject(event.error);
      });
      options.signal?.addEventListener('abort', () => resolve({ kind: 'finished' }));
      join(system, options, config).then((dialled) => {
        node = dialled;
        enlist();
      }, reject);
    });
    return await dismissal;
  } finally {
    await system.stop();
    await node?.close();
  }
}

async function join(system: ActorSystem, options: WorkerOptions, config: ResolvedConfig | undefined) {
  const { coordinator: address, security, heartbeatTimeout, signal } = options;
  const hello: WorkerHello = config ? { configHash: hashOfConfig(config) } : {};
  const heartbeat = heartbeatOf({ ranks: { heartbeatTimeout } } as Pick<ResolvedConfig, 'ranks'>);
  return dial(system, { address, softwareVersion: await softwareVersionOf(), security, heartbeat, hello, signal });
}
