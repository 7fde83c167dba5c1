/** What every transport promises: each operation, with real processes, gives the bits of a plain computation. */
import { randomInt } from 'node:crypto';
import { uniform } from '../../random.ts';
import type { Operation, Placement, Transport } from './operations.ts';
import { performAll, type Rank, type Ranks } from './ranks.ts';

const SIZES = [0, 1, 7, 1_000_003];
const PLACEMENTS: readonly Placement[] = ['all', 'none', 'even ranks'];
/** Two inputs of a reduce-scatter of the largest size, one for each channel. */
export const REGION_BYTES = 2 * 4 * 4 * 1_000_064;

/** Every operation in every size, on one channel. */
function everyOperation(ranks: number, seed: number): Operation[] {
  const base = { seed, channel: 'communication' } as const;
  const world = [ranks];
  return SIZES.flatMap((elements): Operation[] => [
    ...PLACEMENTS.flatMap((placement): Operation[] => [
      { ...base, kind: 'allGather', elements, placement },
      { ...base, kind: 'reduceScatter', elements, placement, scale: 1 / 3 },
      { ...base, kind: 'broadcast', elements, placement, root: ranks - 1 },
    ]),
    { ...base, kind: 'allReduce', elements, double: false, maximum: false, groups: world },
    { ...base, kind: 'allReduce', elements, double: true, maximum: false, groups: world },
    { ...base, kind: 'allReduce', elements, double: false, maximum: true, groups: world },
    { ...base, kind: 'barrier' },
  ]);
}

/** Operations in random order, of sizes around what a message or a slot holds, on both channels. */
export function randomOperations(ranks: number, count: number, seed: number): Operation[] {
  const random = uniform(seed);
  const below = (end: number) => Math.floor(random() * end);
  const one = <Item>(items: readonly Item[]): Item => items[below(items.length)]!;
  return Array.from({ length: count }, (): Operation => {
    const base = { seed: below(1 << 30), channel: one(['compute', 'communication'] as const) };
    const elements = below(20) === 0 ? below(300_000) : below(3000);
    const placement = one(PLACEMENTS);
    const split = 1 + below(ranks);
    switch (below(5)) {
      case 0:
        return { ...base, kind: 'allGather', elements, placement };
      case 1:
        return { ...base, kind: 'reduceScatter', elements, placement, scale: random() };
      case 2:
        return { ...base, kind: 'broadcast', elements, placement, root: below(ranks) };
      case 3:
        return { ...base, kind: 'barrier' };
      default: {
        const groups = split === ranks ? [ranks] : [split, ranks - split];
        return { ...base, kind: 'allReduce', elements, double: below(2) === 0, maximum: below(3) === 0, groups };
      }
    }
  });
}

/** Runs the operations, and names the seed if they fail. */
async function performFrom(seed: number, ranks: readonly Rank[], operations: readonly Operation[]): Promise<void> {
  try {
    await performAll(ranks, operations);
  } catch (error) {
    throw new Error(`with seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
}

/** The tests of the contract. `ranks` gives four ranks, once the suite has begun. */
export function itKeepsTheContract(transport: Transport, ranks: () => Ranks): void {
  // By Gloo, ranks of NCCL only meet: what they exchange is the same.
  for (const size of transport === 'nccl by gloo' ? [3] : [1, 2, 3, 4]) {
    it(`gives the bits of a plain computation among ${size}`, async () => {
      const seed = randomInt(1 << 30);
      const connected = await ranks().connect({ transport, regionBytes: REGION_BYTES }, size);
      await performFrom(seed, connected, everyOperation(size, seed));
    });
  }

  it('reduces within groups, which do not wait for each other', async () => {
    const connected = await ranks().connect({ transport });
    const groups = [[1, 3], [2, 2], [4], [1, 1, 1, 1], [3, 1]];
    const operations = groups.flatMap((sizes): Operation[] =>
      [7, 100_000].map((elements) => ({
        kind: 'allReduce',
        elements,
        groups: sizes,
        double: true,
        maximum: false,
        seed: elements,
        channel: 'compute',
      })),
    );
    await performAll(connected, operations);
  });

  it('runs 1,000 operations in random order, both channels at once', async () => {
    const seed = randomInt(1 << 30);
    const connected = await ranks().connect({ transport, regionBytes: REGION_BYTES }, 3);
    await performFrom(seed, connected, randomOperations(3, 1000, seed));
  });
}
