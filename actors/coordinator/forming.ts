/** How a world is formed: which processes it has, where it goes on, and how its ranks find each other. */
import { transportOf } from '../../training/device.ts';
import { settlePrecision } from '../../training/step.ts';
import type { Told } from '../messages.ts';
import { CoordinatedWorld } from './coordinated-world.ts';
import type { Coordination } from './coordination.ts';
import { worldSizeFor } from './world-plan.ts';

export class Forming {
  readonly #coordination: Coordination;
  #worlds: number;
  /** Processes that are worth waiting for: at first all that are allowed, then as many as there were. */
  #expected: number;
  #started = false;

  constructor(coordination: Coordination) {
    this.#coordination = coordination;
    this.#worlds = coordination.record.lastWorld;
    this.#expected = coordination.ranks.maximum;
  }

  /**
   * The next world, as soon as there are enough processes for it, or no more are to be waited for.
   * @param since milliseconds: when the waiting began
   * @throws TrainingError BAD_WORLD_SIZE
   */
  gather(since: number): CoordinatedWorld | undefined {
    const { ranks, record, members } = this.#coordination;
    const ready = members.prepared;
    const waited = (Date.now() - since) / 1000;
    if (ready.length < this.#expected && waited < record.config.ranks.replacementTimeout) return undefined;
    const size = worldSizeFor(ready.length, ranks, (size) => record.divisionProblem(size) === undefined);
    if (size === 0) {
      if (ready.length >= ranks.maximum) throw record.divisionProblem(ranks.maximum);
      return undefined;
    }
    this.#expected = size;
    return new CoordinatedWorld(++this.#worlds, ready.slice(0, size), record.resumePoint().step);
  }

  /** Tells every process of the world its place in it. @param reason why the world before was given up */
  assign(world: CoordinatedWorld, reason: string | undefined): void {
    const { record } = this.#coordination;
    const { members, number, size } = world;
    const event = { kind: 'world', world: number, ranks: world.names, step: world.startStep } as const;
    this.#coordination.emit({ ...event, ...(reason !== undefined && { reason }) });
    const hosts = new Set(members.map(({ hostId }) => hostId));
    const transport = transportOf(record.config, hosts.size);
    const { total } = record;
    const config = settlePrecision(
      record.config,
      members.every(({ hasBf16 }) => hasBf16),
    );
    const from = record.resumePoint();
    for (const [rank, { worker }] of members.entries()) {
      const assignment = { world: number, rank, worldSize: size, ...transport, config, total, from };
      worker.tell({ kind: 'form', assignment });
    }
  }

  /** A rank has its memory and an address; when all have, each is told all addresses. */
  opened(world: CoordinatedWorld, { rank, address, memory, layouts, layers }: Told<'opened'>): void {
    const coordination = this.#coordination;
    const { record } = coordination;
    world.addresses.set(rank, address);
    world.layouts = layouts;
    if (world.addresses.size < world.size) return;
    record.watch({ memory, layers, processes: () => [coordination.vitals(), ...world.vitals] });
    if (!this.#started) {
      this.#started = true;
      for (const event of record.start(world.step, memory)) coordination.emit(event);
    }
    const addresses = world.members.map((_, index) => world.addresses.get(index)!);
    for (const { worker } of world.members) worker.tell({ kind: 'connect', world: world.number, addresses });
  }

  /** A rank has joined the others. @returns whether all have */
  ready(world: CoordinatedWorld, rank: number): boolean {
    world.ready.add(rank);
    return world.ready.size === world.size;
  }
}
