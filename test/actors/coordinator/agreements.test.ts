import assert from 'node:assert/strict';
import { Agreements } from '../../../actors/coordinator/agreements.ts';
import type { Agreement } from '../../../actors/messages.ts';
import type { ActorRef } from '../../../actors/runtime/index.ts';
import type { FailedRow } from '../../../data/share.ts';

const failed = (row: number): FailedRow => ({
  row,
  index: row + 100,
  name: `${row}.jpg`,
  epoch: 0,
  code: 'EMPTY',
  message: 'no bytes',
});

/** A rank that keeps what it is told. */
function rank() {
  const told: Agreement[] = [];
  const tell = async (message: Agreement) => void told.push(message);
  return { told, ref: { tell } as unknown as ActorRef<Agreement> };
}

describe('agreements', () => {
  it('tell every rank what failed on all of them, by row, when the last has handed in', () => {
    const agreements = new Agreements(3);
    const ranks = [rank(), rank(), rank()];
    agreements.handIn(2, { batch: 0, round: 0, failed: [failed(9)] }, ranks[2]!.ref);
    agreements.handIn(0, { batch: 0, round: 0, failed: [] }, ranks[0]!.ref);
    assert.ok(ranks.every(({ told }) => told.length === 0));
    agreements.handIn(1, { batch: 0, round: 0, failed: [failed(4), failed(5)] }, ranks[1]!.ref);
    for (const { told } of ranks) {
      assert.deepEqual(
        told.map((agreement) => agreement.failed.map(({ row }) => row)),
        [[4, 5, 9]],
      );
    }
  });

  it('keep rounds and batches apart: a rank may be ahead', () => {
    const agreements = new Agreements(2);
    const [ahead, behind] = [rank(), rank()];
    agreements.handIn(0, { batch: 0, round: 0, failed: [failed(0)] }, ahead.ref);
    agreements.handIn(1, { batch: 0, round: 0, failed: [] }, behind.ref);
    agreements.handIn(0, { batch: 0, round: 1, failed: [] }, ahead.ref);
    agreements.handIn(1, { batch: 0, round: 1, failed: [] }, behind.ref);
    agreements.handIn(0, { batch: 1, round: 0, failed: [] }, ahead.ref);
    assert.equal(ahead.told.length, 2);
    agreements.handIn(1, { batch: 1, round: 0, failed: [failed(3)] }, behind.ref);
    assert.deepEqual(
      ahead.told.map((agreement) => agreement.failed.length),
      [1, 0, 1],
    );
    assert.deepEqual(behind.told, ahead.told);
  });
});
