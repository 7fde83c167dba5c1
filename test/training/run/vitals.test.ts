/** vitals.json: how a training is at this moment. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type StepVitals, VITALS_FILE, VitalsWriter } from '../../../training/run/vitals.ts';

describe('vitals of a training', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-vitals-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const source = { memory: { arenaBytes: 10, persistentBytes: 20 }, layers: ['one', 'two'], processes: () => [] };
  const at = (step: number): StepVitals => ({
    ...{ step, reading: [{ partition: 0, offset: 7 }] },
    ...{ norms: Float32Array.of(9, 4, 0, 0), ratios: Float32Array.of(0.25, 1, 1, 0) },
  });

  it('writes norms and trust ratios by layer, whole, and not at every step', async () => {
    const writer = new VitalsWriter(folder, source);
    let asked = 0;
    for (let step = 1; step <= 100; step++) {
      writer.step(() => {
        asked++;
        return at(step);
      });
    }
    await writer.settle();
    assert.equal(asked, 1, 'what is not written is not made either');
    const written = JSON.parse(readFileSync(path.join(folder, VITALS_FILE), 'utf8'));
    assert.deepEqual(written.layers, [
      { name: 'one', weightNorm: 3, gradientNorm: 2, trustRatio: 0.25 },
      { name: 'two', weightNorm: 0, gradientNorm: 0, trustRatio: 1 },
    ]);
    assert.deepEqual(
      [written.step, written.memory, written.reading],
      [1, source.memory, [{ partition: 0, offset: 7 }]],
    );
    assert.deepEqual(readdirSync(folder), [VITALS_FILE]);
  });

  it('says once that it cannot be written, and disturbs nothing', async () => {
    const writer = new VitalsWriter(path.join(folder, 'none'), source);
    assert.equal(
      writer.step(() => at(1)),
      undefined,
    );
    await writer.settle();
    assert.match(writer.step(() => at(2))!, /vitals\.json cannot be written/);
    assert.equal(
      writer.step(() => at(3)),
      undefined,
    );
  });
});
