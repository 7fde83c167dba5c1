/** The actors of the tests, which play in this process and in others. */

import type { ActorRef, Behaviour, SpawnOptions, SystemMetrics } from '../../../actors/runtime/index.ts';
import { AuspexError } from '../../../errors.ts';

export type Line =
  | { kind: 'note'; value: unknown }
  | { kind: 'recite'; replyTo: ActorRef<unknown[]> }
  | { kind: 'echo'; value: unknown; replyTo: ActorRef<unknown> }
  /** Waits until the stagehand opens the gate. */
  | { kind: 'hold'; gate: string }
  /** Answers only then. */
  | { kind: 'holdAndEcho'; gate: string; replyTo: ActorRef<unknown> }
  /** Writes into the journal, and lets others run before it does so again. */
  | { kind: 'pause'; value: string }
  | { kind: 'throw'; code: string; message: string }
  | { kind: 'keepQuiet' }
  | { kind: 'leave' }
  | { kind: 'bear'; name: string; replyTo: ActorRef<ActorRef<Line>> }
  | { kind: 'watch'; ref: ActorRef<Line>; replyTo: ActorRef<'watching'> }
  | { kind: 'unwatch'; ref: ActorRef<Line>; replyTo: ActorRef<'unwatched'> }
  | { kind: 'gone'; how: string; why: string };

interface Memory {
  readonly notes: unknown[];
}

/** What happened in this process, in order. */
export const journal: string[] = [];

const gates = new Map<string, { readonly opened: Promise<void>; open(): void }>();

function gate(name: string) {
  let found = gates.get(name);
  if (!found) {
    let open!: () => void;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    found = { opened, open };
    gates.set(name, found);
  }
  return found;
}

export function player(name: string): Behaviour<Memory, Line> {
  return {
    start() {
      journal.push(`${name} starts`);
      return { notes: [] };
    },
    async receive(memory, line, context) {
      switch (line.kind) {
        case 'note':
          memory.notes.push(line.value);
          break;
        case 'recite':
          await line.replyTo.tell([...memory.notes]);
          break;
        case 'echo':
          await line.replyTo.tell(line.value);
          break;
        case 'hold':
          journal.push(`${name} holds`);
          await gate(line.gate).opened;
          break;
        case 'holdAndEcho':
          await gate(line.gate).opened;
          line.replyTo.tell('late');
          break;
        case 'pause':
          journal.push(`${line.value} begins`);
          await new Promise((resolve) => setTimeout(resolve, 1));
          journal.push(`${line.value} ends`);
          break;
        case 'throw':
          throw new AuspexError(line.code, line.message);
        case 'keepQuiet':
          break;
        case 'leave':
          context.stop();
          break;
        case 'bear':
          await line.replyTo.tell(context.spawn(line.name, player(line.name)));
          break;
        case 'watch':
          context.watch(line.ref, (termination) => {
            const why = termination.kind === 'stopped' ? '' : termination.error.message;
            return { kind: 'gone', how: termination.kind, why };
          });
          await line.replyTo.tell('watching');
          break;
        case 'unwatch':
          context.unwatch(line.ref);
          await line.replyTo.tell('unwatched');
          break;
        case 'gone':
          memory.notes.push(`${line.how} ${line.why}`.trim());
          break;
      }
      return memory;
    },
    async stop() {
      await new Promise((resolve) => setImmediate(resolve));
      journal.push(`${name} stops`);
    },
  };
}

/** Throws whenever it starts. */
export function stillborn(name: string): Behaviour<Memory, Line> {
  return {
    ...player(name),
    start() {
      journal.push(`${name} starts`);
      throw new AuspexError('STILLBORN', 'never lived');
    },
  };
}

export type Cue =
  | {
      kind: 'spawn';
      name: string;
      role: 'player' | 'stillborn';
      options?: SpawnOptions;
      replyTo: ActorRef<ActorRef<Line>>;
    }
  | { kind: 'stop'; ref: ActorRef<Line>; replyTo: ActorRef<'stopped'> }
  | { kind: 'open'; gate: string; replyTo: ActorRef<'open'> }
  | { kind: 'journal'; replyTo: ActorRef<string[]> }
  | { kind: 'metrics'; replyTo: ActorRef<SystemMetrics> }
  | { kind: 'deadLetters'; replyTo: ActorRef<string[]> }
  | { kind: 'tellMany'; to: ActorRef<Line>; count: number; replyTo: ActorRef<'told'> };

/** Does for the tests, in its own process, what no actor can do from another. */
export const stagehand: Behaviour<null, Cue> = {
  start: () => null,
  async receive(_, cue, { system }) {
    switch (cue.kind) {
      case 'spawn': {
        const role = cue.role === 'player' ? player : stillborn;
        await cue.replyTo.tell(system.spawn(cue.name, role(cue.name), cue.options));
        break;
      }
      case 'stop':
        // Not awaited: what is to stop may wait for another cue.
        void system.stopActor(cue.ref).then(() => cue.replyTo.tell('stopped'));
        break;
      case 'open':
        gate(cue.gate).open();
        await cue.replyTo.tell('open');
        break;
      case 'journal':
        await cue.replyTo.tell([...journal]);
        break;
      case 'metrics':
        await cue.replyTo.tell(system.metrics());
        break;
      case 'deadLetters':
        await cue.replyTo.tell(
          system.recentDeadLetters().map(({ to, messageKind, reason }) => `${reason.code} ${messageKind} to ${to}`),
        );
        break;
      case 'tellMany':
        for (let i = 0; i < cue.count; i++) await cue.to.tell({ kind: 'note', value: i });
        await cue.replyTo.tell('told');
        break;
    }
    return null;
  },
};
