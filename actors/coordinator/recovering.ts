/** How a world that was given up is left: its processes become idle or are lost, and records go back to the last checkpoint. */
import { messageOf } from '../../errors.ts';
import { TrainingError } from '../../training/training-errors.ts';
import { isHopeless } from '../hopeless.ts';
import type { Told } from '../messages.ts';
import type { Attempts } from './attempts.ts';
import type { CoordinatedWorld } from './coordinated-world.ts';
import type { Coordination } from './coordination.ts';
import type { Member } from './members.ts';
import type { Saving } from './saving.ts';

/** A world that was given up. */
export interface Retreat {
  readonly world: CoordinatedWorld;
  readonly reason: string;
  /** Milliseconds. */
  readonly since: number;
  /** Those that have not left the world yet. */
  readonly busy: Set<Member>;
}

export class Recovering {
  readonly #coordination: Coordination;
  readonly #saving: Saving;
  readonly #attempts: Attempts;
  /** A rank found the last checkpoint damaged. */
  #checkpointDoubtful = false;
  /** Milliseconds: not before then does the next world begin. */
  #notBefore = 0;

  constructor(coordination: Coordination, saving: Saving, attempts: Attempts) {
    this.#coordination = coordination;
    this.#saving = saving;
    this.#attempts = attempts;
  }

  get pauses(): boolean {
    return Date.now() < this.#notBefore;
  }

  /** @param milliseconds from now, in which what disturbs the worlds may pass */
  pause(milliseconds: number): void {
    this.#notBefore = Date.now() + milliseconds;
  }

  /** A rank of a world has failed: the world is given up, or the training. */
  async rankFailed(world: CoordinatedWorld, { rank, error }: Told<'rankFailed'>): Promise<void> {
    const { name } = world.members[rank]!;
    // What one rank cannot read another run may: an older checkpoint may be good.
    if ('code' in error && error.code === 'CHECKPOINT_DAMAGED') this.#checkpointDoubtful = true;
    else if (isHopeless(error)) return this.#coordination.end({ error });
    await this.#coordination.recover(`rank ${rank}, ${name}, failed: ${messageOf(error)}`);
  }

  /** Tells all to leave the world. Where too many before it came no further either, the training ends. */
  async begin({ world, reason, busy }: Retreat): Promise<void> {
    await this.#saving.abandon();
    for (const { worker } of busy) worker.tell({ kind: 'abandon', world: world.number, reason });
    this.#coordination.record.worldEnded(world.number, world.step, reason);
    const pause = this.#attempts.ended();
    if (pause > 0) this.#notBefore = Math.max(this.#notBefore, Date.now() + pause);
    if (!this.#attempts.exhausted) return;
    const { fruitless, furthest } = this.#attempts;
    const message = `${fruitless} worlds in a row came no further than step ${furthest}. The last one ended because ${reason}`;
    await this.#coordination.end({ error: new TrainingError('NO_PROGRESS', message) });
  }

  /**
   * Whether the next world may begin: all ranks have left this one, and a checkpoint that was being published is either there
   * or not, so that `latest` names the one to go on with.
   */
  isOver({ busy }: Retreat): boolean {
    return busy.size === 0 && !this.#saving.underWay;
  }

  /** Goes back to the last checkpoint. */
  async rewind(): Promise<void> {
    const { record } = this.#coordination;
    if (this.#checkpointDoubtful) {
      for (const event of await record.verifyCheckpoint()) this.#coordination.emit(event);
      this.#checkpointDoubtful = false;
    }
    await record.rewind();
  }

  /**
   * Ranks that do not leave a world that was given up hang in what cannot be aborted: their processes count as lost.
   * @returns those that were given up
   */
  giveUpStuck({ busy, since, world }: Retreat): readonly Member[] {
    const { record, members } = this.#coordination;
    const { collectiveTimeout } = record.config.ranks;
    if (Date.now() - since < collectiveTimeout * 1000) return [];
    const stuck = [...busy];
    busy.clear();
    for (const member of stuck) {
      members.refuse(member, `it did not leave world ${world.number} within ${collectiveTimeout} s`);
    }
    return stuck;
  }
}
