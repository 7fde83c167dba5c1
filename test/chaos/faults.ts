/** The faults that a training is hit with, and the plan of a run: which ones, in which order. */
import { uniform } from '../random.ts';

/** Where a fault is possible: processes of one host under a launcher, or hosts of their own joined by cables. */
export type Setting = 'host' | 'network';

export interface FaultKind {
  readonly name: string;
  readonly setting: Setting;
  /** Out of all of its setting. */
  readonly weight: number;
  /** Whether ranks certainly have to form a world anew. */
  readonly breaksWorld: boolean;
  /** What it needs of the system beside processes. */
  readonly needs?: 'smallDisk';
}

export const FAULTS = [
  { name: 'kill -9 of a rank', setting: 'host', breaksWorld: true, weight: 4 },
  { name: 'kill -9 of the coordinator', setting: 'host', breaksWorld: true, weight: 3 },
  { name: 'kill -9 of a rank and the coordinator', setting: 'host', breaksWorld: true, weight: 2 },
  { name: 'kill -9 of a rank, then of another', setting: 'host', breaksWorld: true, weight: 2 },
  { name: 'kill -9 of the launcher, then --resume', setting: 'host', breaksWorld: true, weight: 1 },
  { name: 'SIGSTOP of a rank', setting: 'host', breaksWorld: true, weight: 2 },
  { name: 'SIGSTOP of the coordinator, short', setting: 'host', breaksWorld: false, weight: 1 },
  { name: 'SIGSTOP of the coordinator, long', setting: 'host', breaksWorld: true, weight: 2 },
  { name: 'full disk', setting: 'host', breaksWorld: false, weight: 3, needs: 'smallDisk' },
  {
    name: 'full disk, and kill -9 of the coordinator',
    setting: 'host',
    breaksWorld: true,
    weight: 2,
    needs: 'smallDisk',
  },
  { name: 'flipped byte in the newest checkpoint', setting: 'host', breaksWorld: true, weight: 2 },
  { name: 'flipped byte, and kill -9 of the coordinator', setting: 'host', breaksWorld: true, weight: 2 },
  { name: 'connection dropped, short', setting: 'network', breaksWorld: false, weight: 2 },
  { name: 'connection dropped, long', setting: 'network', breaksWorld: true, weight: 2 },
  { name: 'SIGSTOP of a rank that wakes up', setting: 'network', breaksWorld: true, weight: 1 },
  { name: 'kill -9 of a worker', setting: 'network', breaksWorld: true, weight: 1 },
] as const satisfies readonly FaultKind[];

export type FaultName = (typeof FAULTS)[number]['name'];

/** Share of the faults that go to the training across network namespaces, where those are possible. */
const NETWORK_SHARE = 0.25;

/** @returns `count` faults of the possible kinds: each kind once if there are enough, the others by weight; shuffled. */
export function planFaults(count: number, seed: number, possible: (kind: FaultKind) => boolean): FaultName[] {
  const random = uniform(seed);
  const kinds = (setting: Setting) => FAULTS.filter((kind) => kind.setting === setting && possible(kind));
  const network = kinds('network').length > 0 ? Math.round(count * NETWORK_SHARE) : 0;
  return [...choose(kinds('host'), count - network, random), ...choose(kinds('network'), network, random)];
}

function choose(kinds: readonly (typeof FAULTS)[number][], count: number, random: () => number): FaultName[] {
  const chosen = shuffled(kinds, random).slice(0, count);
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  while (chosen.length < count) {
    let at = random() * total;
    const found = kinds.find(({ weight }) => {
      at -= weight;
      return at < 0;
    });
    chosen.push(found ?? kinds[0]!);
  }
  return shuffled(chosen, random).map(({ name }) => name);
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

export function kindOf(name: FaultName): FaultKind {
  return FAULTS.find((kind) => kind.name === name)!;
}
