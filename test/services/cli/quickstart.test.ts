/** `auspex quickstart` from the command line, on photos of one's own and far too few steps to learn anything. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder, writePhotos } from '../../training/tiny-training.ts';
import { auspex } from './run.ts';

describe('auspex quickstart', () => {
  const temporary = temporaryFolder();
  const at = (name: string) => path.join(temporary.path, name);
  const short = ['training.iterations=3', 'schedule.warmupIterations=1', 'training.batchSize=8'];
  const set = short.flatMap((assignment) => ['--set', assignment]);
  after(() => temporary.remove());

  it('trains, scores itself beside every baseline on one scale, and writes the page', async () => {
    await writePhotos(at('photos'), 84);
    const run = auspex(['quickstart', '--json', '--data', at('photos'), '--out', at('run'), ...set]);
    assert.equal(run.code, 0, run.stderr);
    const lines = run.stdout.trimEnd().split('\n');
    const result = JSON.parse(lines.at(-1)!);
    assert.equal(result.status, 'finished');
    assert.deepEqual(Object.keys(result.baselines), ['chance', 'pixels', 'colourHistogram', 'untrainedNetwork']);
    for (const score of [result.heldOut, ...Object.values<number>(result.baselines)]) {
      assert.ok(score >= 0 && score <= 1, `${score} is no share`);
    }
    assert.equal(result.baselines.chance, 1 / 84);
    const best = Math.max(...Object.values<number>(result.baselines));
    assert.ok(Math.abs(result.intervals.margin.value - (result.heldOut - best)) < 1e-9);
    const page = readFileSync(result.page, 'utf8');
    assert.match(page, /P@1, photos never seen/);
    assert.match(page, /Nearest neighbours/);
    assert.ok(existsSync(path.join(result.checkpoint, 'trunk.safetensors')));
  });

  it('refuses a folder of too few photos to test on, before it trains', async () => {
    await writePhotos(at('few'), 20);
    const run = auspex(['quickstart', '--data', at('few'), '--out', at('few-run'), ...set]);
    assert.equal(run.code, 1);
    assert.ok(!existsSync(at('few-run')));
    assert.match(run.stderr, /^error TOO_FEW_PHOTOS: Only 5 photos are held out; the test needs 20\./m);
  });
});
