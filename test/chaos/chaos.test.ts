/** The short form of `npm run chaos`: one training, four faults. */
import assert from 'node:assert/strict';
import { chaos } from './chaos.ts';
import type { FaultName } from './faults.ts';
import { describeReport } from './report.ts';

describe('a training under faults', () => {
  it('survives them all, and ends as if nothing had happened', async () => {
    const only: FaultName[] = ['kill -9 of a rank', 'kill -9 of the coordinator', 'SIGSTOP of a rank', 'full disk'];
    const options = { faults: only.length, seed: Date.now() % 1_000_000, ranks: '2', keep: false, show: false };
    const report = await chaos({ ...options, stopped: 20, full: 2, stepsPerFault: 15, only });
    assert.ok(report.passed, describeReport(report));
  }).timeout(240_000);
});
