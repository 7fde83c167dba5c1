/** The process of a coordinator: its actor system, the port that workers dial, and the run that it keeps. */

import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { copiesOf } from '../training/checkpoints/checkpoint-copies.ts';
import type { ResolvedConfig } from '../training/config/config.ts';
import { hashOfConfig } from '../training/config/hash.ts';
import { type OpenDataOptions, openData } from '../training/open-data.ts';
import { RunRecord } from '../training/run/run-record.ts';
import { versions } from '../training/train.ts';
import type { TrainingEvent, TrainResult } from '../training/training-events.ts';
import type { RankRange } from './coordinator/world-plan.ts';
import { fingerprintOf } from './data-fingerprint.ts';
import { heartbeatOf, onWarning } from './node-options.ts';
import {
  ActorSystem,
  type Admission,
  type AskTracer,
  type ListenOptions,
  listen,
  type NodeHello,
} from './runtime/index.ts';
import { shardCoordinator } from './shard-coordinator.ts';
import type { DataFingerprint } from './world.ts';

/** The path of the coordinator's actor, for those who dial. */
export const COORDINATOR = 'shard-coordinator';

export interface CoordinatorOptions extends Pick<OpenDataOptions, 'openBus'> {
  readonly config: ResolvedConfig;
  readonly ranks: RankRange;
  readonly out: string;
  /** Go on with the run in the folder. */
  readonly resume: boolean;
  /** @default loopback, a free port, and nobody is asked who they are */
  readonly listen?: Pick<ListenOptions, 'host' | 'port' | 'security'>;
  /** Follows questions between this process and the workers. */
  readonly asks?: AskTracer | undefined;
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
  const { config, out, resume, asks } = options;
  const system = new ActorSystem({ name: 'coordinator', asks });
  onWarning(system, (message) => options.onEvent({ kind: 'warning', message }));
  try {
    const { config: located, collection } = await openData(config, options);
    // Only workers read images.
    await collection.close?.();
    const fingerprint = await fingerprintOf(collection);
    const softwareVersion = await softwareVersionOf();
    // The port first: where nobody may listen, no run folder is made. Those who dial wait until there is a run.
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const admit = (hello: NodeHello) => opened.then(() => admission(hello, softwareVersion, hashOfConfig(config)));
    const node = await listen(system, { ...options.listen, softwareVersion, heartbeat: heartbeatOf(config), admit });
    try {
      const record = await RunRecord.open({ config: located, folder: collection, out, resume });
      const copies = copiesOf(config, out, (message) => options.onEvent({ kind: 'warning', message }));
      // Whatever ended the run before may have ended its copy, too.
      if (record.lastCheckpoint) copies?.published(record.lastCheckpoint);
      const onEvent = (event: TrainingEvent) => {
        if (event.kind === 'checkpoint') copies?.published({ step: event.step, path: event.path });
        options.onEvent(event);
      };
      const outcome = coordinate(system, record, fingerprint, { ...options, onEvent });
      open();
      options.onListening?.(`${node.host}:${node.port}`);
      const ended = await outcome;
      await copies?.finish();
      return await closing(record, ended, options.onEvent);
    } finally {
      await node.close();
    }
  } finally {
    await system.stop();
  }
}

type Outcome = { readonly result: TrainResult } | { readonly error: Error };

/** Starts the coordinator's actor; resolves when it has ended. */
function coordinate(
  system: ActorSystem,
  record: RunRecord,
  fingerprint: DataFingerprint,
  { ranks, signal, onEvent, onLost, onProcesses }: CoordinatorOptions,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const behaviour = shardCoordinator({
      ...{ ranks, record, fingerprint, onEvent },
      onLost: (process) => onLost?.(process),
      onEnd: resolve,
    });
    system.subscribe((event) => {
      if (event.kind === 'actorFailed' && event.actor.endsWith(COORDINATOR)) resolve({ error: event.error });
    });
    const actor = system.spawn(COORDINATOR, behaviour, { restarts: { maximum: 0, withinMs: 1 } });
    signal?.addEventListener('abort', () => actor.tell({ kind: 'stop' }));
    if (signal?.aborted) actor.tell({ kind: 'stop' });
    onProcesses?.((pid) => actor.tell({ kind: 'processEnded', pid }));
  });
}

/** Milliseconds between attempts to write how a run has ended, and how often it is tried. */
const CLOSE_AGAIN = 5000;
const CLOSINGS = 60;

async function closing(
  record: RunRecord,
  outcome: Outcome,
  onEvent: CoordinatorOptions['onEvent'],
): Promise<TrainResult> {
  if ('result' in outcome) {
    await endPatiently(record, outcome.result.status, onEvent);
    await record.close(outcome.result.status);
    return outcome.result;
  }
  // What ended the run matters more than a failure to note it, which most likely has the same cause: a full disk.
  await record.close('failed', messageOf(outcome.error)).catch(() => undefined);
  throw outcome.error;
}

/** A disk that is full at the very end may have room again: what was trained is saved, and its records should be, too. */
async function endPatiently(
  record: RunRecord,
  status: TrainResult['status'],
  onEvent: CoordinatorOptions['onEvent'],
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await record.end(status);
    } catch (error) {
      if (attempt === CLOSINGS) throw error;
      onEvent({ kind: 'warning', message: `The end of the run cannot be recorded yet: ${messageOf(error)}` });
      await wait(CLOSE_AGAIN);
    }
  }
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
