/** The process of a coordinator: its actor system, the port that workers dial, and the run that it keeps. */

import { messageOf } from '../errors.ts';
import type { ResolvedConfig } from '../training/config.ts';
import { hashOfConfig } from '../training/config-hash.ts';
import { RunRecord } from '../training/run-record.ts';
import { openData, versions } from '../training/train.ts';
import type { TrainingEvent, TrainResult } from '../training/training-events.ts';
import { fingerprintOf } from './data-fingerprint.ts';
import { heartbeatOf, onWarning } from './node-options.ts';
import { ActorSystem, type Admission, type ListenOptions, listen, type NodeHello } from './runtime/index.ts';
import { shardCoordinator } from './shard-coordinator.ts';
import type { RankRange } from './world-plan.ts';

/** The path of the coordinator's actor, for those who dial. */
export const COORDINATOR = 'shard-coordinator';

export interface CoordinatorOptions {
  readonly config: ResolvedConfig;
  readonly ranks: RankRange;
  readonly out: string;
  /** Go on with the run in the folder. */
  readonly resume: boolean;
  /** @default loopback, a free port, and nobody is asked who they are */
  readonly listen?: Pick<ListenOptions, 'host' | 'port' | 'security'>;
  /** Ends the run after the steps that are under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  onListening?(address: string): void;
  onEvent(event: TrainingEvent): void;
  /** A process that was lost, perhaps because it hangs: whoever started it may want to end it. */
  onLost?(process: { readonly hostId: string; readonly pid: number }): void;
  /** Hands over a function that tells of a process of this host that has ended, sooner than its silence would. */
  onProcesses?(ended: (pid: number) => void): void;
}

/** What a worker says when it dials. */
export interface WorkerHello {
  /** Of the config that it was given, if it was. */
  readonly configHash?: string;
}

/** Runs a training to its end, or until the signal. @throws what ended it */
export async function runCoordinator(options: CoordinatorOptions): Promise<TrainResult> {
  const { config, ranks, out, resume, signal } = options;
  const folder = await openData(config);
  const record = await RunRecord.open({ config, folder, out, resume });
  const system = new ActorSystem({ name: 'coordinator' });
  const warn = (message: string) => options.onEvent({ kind: 'warning', message });
  onWarning(system, warn);
  let outcome: { readonly result: TrainResult } | { readonly error: Error } | undefined;
  try {
    const ended = new Promise<typeof outcome>((resolve) => {
      const behaviour = shardCoordinator({
        ...{ ranks, record, fingerprint: fingerprintOf(folder) },
        onEvent: options.onEvent,
        onLost: (process) => options.onLost?.(process),
        onEnd: resolve,
      });
      const unforeseen = system.subscribe((event) => {
        if (event.kind !== 'actorFailed' || !event.actor.endsWith(COORDINATOR)) return;
        unforeseen();
        resolve({ error: event.error });
      });
      const actor = system.spawn(COORDINATOR, behaviour, { restarts: { maximum: 0, withinMs: 1 } });
      signal?.addEventListener('abort', () => actor.tell({ kind: 'stop' }));
      options.onProcesses?.((pid) => actor.tell({ kind: 'processEnded', pid }));
    });
    const softwareVersion = await softwareVersionOf();
    const admit = (hello: NodeHello) => admission(hello, softwareVersion, hashOfConfig(config));
    const node = await listen(system, { ...options.listen, softwareVersion, heartbeat: heartbeatOf(config), admit });
    options.onListening?.(`${node.host}:${node.port}`);
    outcome = await ended;
    await node.close();
  } catch (error) {
    outcome = { error: error as Error };
  }
  await system.stop();
  if (outcome && 'result' in outcome) {
    await record.close(outcome.result.status);
    return outcome.result;
  }
  const error = outcome?.error ?? new Error('the coordinator ended without an outcome');
  await record.close('failed', messageOf(error)).catch(() => undefined); // what ended the run matters more
  throw error;
}

/** A process of another version or config would train something else. */
function admission({ softwareVersion: theirs, hello }: NodeHello, ours: string, configHash: string): Admission {
  if (theirs !== ours) {
    return {
      kind: 'refuse',
      reason: `it is Auspex ${theirs}, and the coordinator is ${ours}: install the same version`,
    };
  }
  const { configHash: given } = (hello ?? {}) as WorkerHello;
  if (given !== undefined && given !== configHash) {
    return {
      kind: 'refuse',
      reason: `its config (${given}) is not the coordinator's (${configHash}): leave it out, or give the same`,
    };
  }
  return { kind: 'admit' };
}

export async function softwareVersionOf(): Promise<string> {
  return (await versions())['auspex']!;
}
