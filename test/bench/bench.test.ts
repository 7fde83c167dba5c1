import assert from 'node:assert/strict';
import { compare, median } from '../../bench/bench.ts';
import { machineLine, rowsAsTable } from '../../bench/report.ts';

const figures = { case: 'a case', ours: 8, peer: 2, peerName: 'the other', unit: 'things' };

describe('benchmark rows', () => {
  it('take the middle value, or the mean of the two in the middle, whatever the order', () => {
    assert.equal(median([9, 1, 10]), 9);
    assert.equal(median([4, 100, 1, 2]), 3);
    assert.ok(Number.isNaN(median([])));
  });

  it('have a ratio above 1 where ours is better, in either direction', () => {
    assert.equal(compare({ ...figures, better: 'more' }).ratio, 4);
    assert.equal(compare({ ...figures, better: 'less' }).ratio, 0.25);
  });

  it('have no ratio without a peer', () => {
    const row = compare({ ...figures, peer: null, better: 'more' });
    assert.deepEqual([row.peer, row.ratio], [null, null]);
    assert.match(rowsAsTable([row]), /^a case +8\.000 +- +- +things +the other$/m);
  });

  it('are a table of four digits, with the notes below', () => {
    const rows = [
      compare({ ...figures, ours: 12345.678, peer: 0.0615, better: 'more' }),
      { ...compare({ ...figures, case: 'noted', better: 'more' }), note: 'a busy machine' },
    ];
    const lines = rowsAsTable(rows).split('\n');
    assert.match(lines[1]!, /^a case +12346 +0\.06150 +200742\.\d\dx +things +the other$/);
    assert.equal(lines.at(-1), 'noted: a busy machine');
  });

  it('come with what the machine can do', () => {
    const machine = { cpu: 'Model', cpuFeatures: ['avx2', 'fma'], processors: 2, memoryBytes: 1, system: 'Linux' };
    assert.equal(machineLine({ ...machine, nativeBf16: false }), 'Model, 2 processors; avx2 fma; bf16 not native');
    assert.match(machineLine({ ...machine, cpuFeatures: [], nativeBf16: true }), /no known vector.*bf16 native$/);
  });
});
