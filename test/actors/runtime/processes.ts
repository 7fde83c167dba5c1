/** Nodes in processes of their own, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ActorSystem, DialOptions, RemoteNode, SystemEvent } from '../../../actors/runtime/index.ts';

export interface NodeProcess {
  readonly child: ChildProcess;
  /** All that it printed so far. */
  readonly events: { kind: string; code?: string; message?: string }[];
  /** The next event of a kind, counted from the beginning of the process. */
  event(kind: string): Promise<{ kind: string; code?: string; message?: string }>;
  /** Ends it at once; resolves when it is gone. */
  kill(): Promise<void>;
}

export function startNodeProcess(options: DialOptions & { name: string }): NodeProcess {
  const script = path.join(import.meta.dirname, 'node-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const events: NodeProcess['events'] = [];
  const waiting: (() => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    events.push(JSON.parse(line));
    for (const look of waiting.splice(0)) look();
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    child,
    events,
    async event(kind) {
      for (;;) {
        const found = events.find((event) => event.kind === kind);
        if (found) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The next event that is of a kind, and of a node if one is named. */
export function nextEvent<Kind extends SystemEvent['kind']>(
  system: ActorSystem,
  kind: Kind,
  node?: string,
): Promise<Extract<SystemEvent, { kind: Kind }>> {
  return new Promise((resolve) => {
    const unsubscribe = system.subscribe((event) => {
      if (event.kind !== kind || (node && 'node' in event && event.node !== node)) return;
      unsubscribe();
      resolve(event as Extract<SystemEvent, { kind: Kind }>);
    });
  });
}

/** Starts a node and waits until it has joined. */
export async function joinedProcess(
  system: ActorSystem,
  peers: () => readonly RemoteNode[],
  options: DialOptions & { name: string },
): Promise<{ node: NodeProcess; peer: RemoteNode }> {
  const joined = nextEvent(system, 'nodeJoined', options.name);
  const node = startNodeProcess(options);
  const { epoch } = await joined;
  return { node, peer: peers().find((peer) => peer.epoch === epoch)! };
}
