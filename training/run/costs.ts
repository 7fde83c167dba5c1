/** What checkpoints and being several ranks cost a training: means over its steps, weighted by how long they took. */

import type { TrainResult } from '../training-events.ts';
import type { RanksRecord } from './records.ts';

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
  summary(): RanksRecord | undefined {
    if (this.#count === 0) return undefined;
    const { waitingShare, hiddenShare, overheadShare } = this.#sums;
    const share = (sum: number) => sum / this.#seconds;
    return {
      count: this.#count,
      waitingShare: share(waitingShare),
      hiddenShare: share(hiddenShare),
      overheadShare: share(overheadShare),
    };
  }

  /** The share of the time in which steps waited for the copies of checkpoints. Undefined before the first step. */
  get copyingShare(): number | undefined {
    return this.#count === 0 ? undefined : this.#secondsCopying / this.#seconds / this.#count;
  }
}

/** What checkpoints and being several cost, for people, a line each. */
export function describeCosts({ copyingShare, ranks }: Pick<TrainResult, 'copyingShare' | 'ranks'>): string[] {
  return [
    ...(copyingShare === undefined ? [] : [`Steps waited ${percent(copyingShare)} of the time for checkpoints.`]),
    ...(ranks ? [describeRanksCost(ranks)] : []),
  ];
}

function describeRanksCost({ count, hiddenShare, waitingShare, overheadShare }: RanksRecord): string {
  return (
    `${count} ranks: ${percent(hiddenShare)} of the communication was hidden behind the computation; of the time, ` +
    `${percent(waitingShare)} went into waiting for other ranks and ${percent(overheadShare)} into actors.`
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
