/** Where the actors of the contract play: in this process, or in one that is started for them. */
import { type ActorRef, ActorSystem, listen, type SpawnOptions } from '../../../actors/runtime/index.ts';
import { type Cue, type Line, stagehand } from './cast.ts';
import { joinedProcess } from './processes.ts';

/** Long enough never to matter. */
export const DEADLINE = 30_000;

export interface Stage {
  /** The system of the test itself. */
  readonly system: ActorSystem;
  readonly stagehand: ActorRef<Cue>;
  close(): Promise<void>;
}

export async function localStage(): Promise<Stage> {
  const system = new ActorSystem({ name: 'director' });
  return { system, stagehand: system.spawn('stagehand', stagehand), close: () => system.stop() };
}

export async function remoteStage(): Promise<Stage> {
  const system = new ActorSystem({ name: 'director' });
  const listening = await listen(system, { softwareVersion: '1' });
  const address = `127.0.0.1:${listening.port}`;
  const options = { name: 'elsewhere', address, softwareVersion: '1' };
  const { node, peer } = await joinedProcess(system, () => listening.peers(), options);
  return {
    system,
    stagehand: peer.actor('stagehand'),
    async close() {
      await listening.close();
      await node.kill();
      await system.stop();
    },
  };
}

/** Plain asks of the stagehand. */
export function cues(stagehand: ActorRef<Cue>) {
  const ask = <Reply>(make: (replyTo: ActorRef<Reply>) => Cue) => stagehand.ask<Reply>(make, { deadline: DEADLINE });
  return {
    spawn: (name: string, options?: SpawnOptions, role: 'player' | 'stillborn' = 'player') =>
      ask<ActorRef<Line>>((replyTo) => ({ kind: 'spawn', name, role, options, replyTo })),
    stop: (ref: ActorRef<Line>) => ask<'stopped'>((replyTo) => ({ kind: 'stop', ref, replyTo })),
    open: (gate: string) => ask<'open'>((replyTo) => ({ kind: 'open', gate, replyTo })),
    journal: () => ask<string[]>((replyTo) => ({ kind: 'journal', replyTo })),
    deadLetters: () => ask<string[]>((replyTo) => ({ kind: 'deadLetters', replyTo })),
    metrics: () => ask<ReturnType<ActorSystem['metrics']>>((replyTo) => ({ kind: 'metrics', replyTo })),
  };
}

export function recite(ref: ActorRef<Line>): Promise<unknown[]> {
  return ref.ask<unknown[]>((replyTo) => ({ kind: 'recite', replyTo }), { deadline: DEADLINE });
}

export function echo(ref: ActorRef<Line>, value: unknown): Promise<unknown> {
  return ref.ask<unknown>((replyTo) => ({ kind: 'echo', value, replyTo }), { deadline: DEADLINE });
}

/** Waits for something that is bound to happen; the test's own timeout is the limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
