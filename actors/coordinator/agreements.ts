/** What ranks' loaders settle between them: which rows of a batch failed, round by round. */
import type { FailedRow, ShareRound } from '../../data/share.ts';
import type { Agreement } from '../messages.ts';
import type { ActorRef } from '../runtime/index.ts';

interface Round {
  readonly failed: FailedRow[];
  readonly replyTo: Map<number, ActorRef<Agreement>>;
}

export class Agreements {
  readonly #ranks: number;
  readonly #rounds = new Map<string, Round>();

  constructor(ranks: number) {
    this.#ranks = ranks;
  }

  /** A rank's part of a round; when all have handed theirs in, all are told. */
  handIn(rank: number, { batch, round, failed }: ShareRound, replyTo: ActorRef<Agreement>): void {
    const key = `${batch}.${round}`;
    const known: Round = this.#rounds.get(key) ?? { failed: [], replyTo: new Map() };
    this.#rounds.set(key, known);
    known.failed.push(...failed);
    known.replyTo.set(rank, replyTo);
    if (known.replyTo.size < this.#ranks) return;
    this.#rounds.delete(key);
    const all = known.failed.sort((one, other) => one.row - other.row);
    for (const rank of known.replyTo.values()) rank.tell({ kind: 'agreed', failed: all });
  }
}
