/** What being several ranks cost a training: means over its steps, weighted by how long they took. */
import type { RanksRecord } from './records.ts';
import type { RanksSummary } from './training-events.ts';

export class RanksCost {
  #seconds = 0;
  #secondsCopying = 0;
  #sums = { waitingShare: 0, hiddenShare: 0, overheadShare: 0 };
  #count = 0;

  add({ count, ...shares }: RanksRecord, seconds: number): void {
    this.#count = count;
    this.#seconds += seconds;
    for (const name of Object.keys(shares) as (keyof typeof shares)[]) this.#sums[name] += shares[name] * seconds;
  }

  /** A rank's steps waited so long for the copy of a checkpoint. */
  copied(seconds: number): void {
    this.#secondsCopying += seconds;
  }

  /** Undefined before the first step. */
  summary(): RanksSummary | undefined {
    if (this.#count === 0) return undefined;
    const { waitingShare, hiddenShare, overheadShare } = this.#sums;
    const share = (sum: number) => sum / this.#seconds;
    return {
      count: this.#count,
      waitingShare: share(waitingShare),
      hiddenShare: share(hiddenShare),
      overheadShare: share(overheadShare),
      copyingShare: share(this.#secondsCopying) / this.#count,
    };
  }
}

/** The same for people, in one line. */
export function describeRanksCost({
  count,
  hiddenShare,
  waitingShare,
  overheadShare,
  copyingShare,
}: RanksSummary): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return (
    `${count} ranks: ${percent(hiddenShare)} of the communication was hidden behind the computation; of the time, ` +
    `${percent(waitingShare)} went into waiting for other ranks, ${percent(overheadShare)} into actors, and ` +
    `${percent(copyingShare)} into copies for checkpoints.`
  );
}
