import assert from 'node:assert/strict';
import { parseCases } from '../../bench/step-cases.ts';
import type { OurResult, StepResult } from '../../bench/step-result.ts';
import { peerEffort, raceRows } from '../../bench/step-rows.ts';

const [stepCase] = parseCases('400mf fp32');

function peer(figures: Partial<StepResult> = {}): StepResult {
  const seconds = { stepSeconds: 2, minStepSeconds: 1.9, cpuSeconds: 3.9, firstStepSeconds: 3 };
  const memory = { peakRssMb: 1200, baseRssMb: 500 };
  return { threads: 2, imagesPerSecond: 4, ...seconds, ...memory, lossFirst: 5.9, lossLast: 5.8, ...figures };
}

function ours(figures: Partial<OurResult> = {}): OurResult {
  const known = { compileSeconds: 1, arenaBytes: 100, persistentBytes: 10 };
  return { ...peer({ imagesPerSecond: 12, peakRssMb: 400 }), ...known, ...figures };
}

function race(sides: { ours?: OurResult[]; peer?: StepResult[]; notes?: string[] } = {}) {
  return raceRows({ case: stepCase!, precision: 'f32', ours: [ours()], peer: [peer()], notes: [], ...sides });
}

describe('rows of the step benchmark', () => {
  it('compare speed and memory by the medians of the rounds', () => {
    const rates = [30, 10, 12].map((imagesPerSecond) => ours({ imagesPerSecond }));
    const peaks = [1000, 4000, 1200].map((peakRssMb) => peer({ peakRssMb }));
    const [speed, memory] = race({ ours: rates, peer: peaks });
    assert.deepEqual(
      [speed.case, speed.unit, speed.ours, speed.peer, speed.ratio],
      ['400mf fp32', 'images/s', 12, 4, 3],
    );
    assert.deepEqual([memory.case, memory.unit, memory.ratio], ['400mf fp32 peak RSS', 'MB', 1200 / 400]);
    assert.deepEqual(speed.rounds, { ours: [30, 10, 12], peer: [4, 4, 4] });
    assert.deepEqual(memory.rounds.peer, [1000, 4000, 1200]);
    assert.equal(speed.details.ours.arenaBytes, 100);
  });

  it('carry no note when there is nothing to say', () => {
    for (const row of race()) assert.ok(!('note' in row));
  });

  it('say that the machine was shared', () => {
    const [{ note }] = race({ peer: [peer({ cpuSeconds: 2 })] });
    const shares = 'ours had 98 % and the peer 50 % of 2 threads';
    assert.equal(note, `shared machine: ${shares}; CPU seconds per step: ours 3.900 and the peer 2.000`);
  });

  it('stay without a peer that could not be measured', () => {
    const [speed, memory] = race({ peer: [], notes: ['not compared'] });
    assert.deepEqual([speed.peer, speed.ratio, speed.details.peer, memory.ratio], [null, null, null, null]);
    assert.equal(speed.note, 'not compared');
  });
});

describe('effort of the peer', () => {
  const asked = { rounds: 3, steps: 5, warmup: 2 };

  it('is what was asked for, while a run takes less than three minutes', () => {
    assert.deepEqual(peerEffort(asked, 10), asked);
    assert.deepEqual(peerEffort(asked, 180 / 7), asked);
  });

  it('is fewer steps of a slow peer', () => {
    const { note, ...effort } = peerEffort(asked, 45);
    assert.deepEqual(effort, { rounds: 3, steps: 3, warmup: 1 });
    assert.equal(note, 'the peer ran 3 timed steps after 1 other: its step takes 45.0 s');
  });

  it('never is more than was asked for', () => {
    const { steps, warmup } = peerEffort({ rounds: 3, steps: 2, warmup: 9 }, 30);
    assert.deepEqual([steps, warmup], [2, 1]);
  });

  it('is the probe alone, where two steps take too long', () => {
    const { rounds, note } = peerEffort(asked, 130.07);
    assert.equal(rounds, 0);
    assert.match(note!, /ran once, 1 timed step after 1 other: its step takes 130 s/);
  });
});
