/** Training on several ranks of one machine, with real processes. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hasGloo } from '../../../kernels/communicator.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { readMetrics, readRun, readSkipped, readWorlds } from '../../../training/run/run-folder.ts';
import { runTraining, stopAfter, temporaryFolder, writePhotos } from '../../training/tiny-training.ts';
import {
  childrenOf,
  lossesOf,
  type Ranked,
  ranksConfig,
  ranksMap,
  runRanked,
  runWithKill,
  worldsOf,
} from './ranks-training.ts';

describe('training on ranks', () => {
  const temporary = temporaryFolder();
  const photos = path.join(temporary.path, 'photos');
  const out = (name: string) => path.join(temporary.path, name);
  const steps = (count: number) => `training.iterations=${count}`;

  before(async () => {
    await writePhotos(photos, 60, ['cat', 'dog']);
    // Two that cannot be used, so that ranks have to agree on what takes their rows.
    writeFileSync(
      path.join(photos, 'cat', 'broken.jpg'),
      readFileSync(path.join(photos, 'cat', 'photo-00.jpg')).subarray(0, 300),
    );
    writeFileSync(path.join(photos, 'dog', 'empty.jpg'), '');
  });
  after(() => temporary.remove());

  it('gives the losses of one rank, whatever the number of ranks, bad images included', async () => {
    const one = await runTraining(ranksConfig(photos, out('one'), steps(20)));
    const expected = lossesOf(out('one')) as number[];
    for (const ranks of [1, 2, 4]) {
      const { result } = await runRanked(ranksConfig(photos, out(`of-${ranks}`), steps(20)), { ranks });
      const losses = lossesOf(out(`of-${ranks}`)) as number[];
      assert.equal(losses.length, 20);
      for (const [step, loss] of losses.entries()) {
        const difference = Math.abs(loss / expected[step]! - 1);
        assert.ok(difference <= 1e-4, `${ranks} ranks, step ${step + 1}: ${loss}, not ${expected[step]}`);
      }
      assert.equal(result.skippedImages, one.result.skippedImages);
      assert.deepEqual(
        readSkipped(out(`of-${ranks}`)).map(({ image }) => image),
        readSkipped(out('one')).map(({ image }) => image),
      );
    }
  });

  it('gives the same bits when it is run again', async () => {
    const [first, second] = [out('first'), out('second')];
    for (const folder of [first, second]) await runRanked(ranksConfig(photos, folder, steps(12)), { ranks: 2 });
    assert.deepEqual(lossesOf(first), lossesOf(second));
    const file = 'checkpoints/step-00000012/SHA256SUMS';
    const sums = (folder: string) =>
      readFileSync(path.join(folder, file), 'utf8')
        .split('\n')
        .filter((line) => !line.includes('state.json'));
    assert.deepEqual(sums(first), sums(second));
  });

  it('has the same bits by Gloo, without memory that ranks share', async function () {
    if (!hasGloo()) this.skip();
    const sharing: string[] = [];
    for (const transport of ['auto', 'gloo']) {
      const config = ranksConfig(photos, out(transport), steps(8), `ranks.transport=${transport}`);
      await runRanked(config, {
        ranks: 2,
        onEvent(event) {
          if (event.kind === 'step' && event.step === 4 && ranksMap('/memfd:auspex ')) sharing.push(transport);
        },
      });
    }
    assert.deepEqual(sharing, ['auto']);
    assert.deepEqual(lossesOf(out('gloo')), lossesOf(out('auto')));
  });

  it('goes on with another number of ranks, and with one process, as if nothing had happened', async () => {
    const whole = out('whole');
    await runRanked(ranksConfig(photos, whole, steps(15)), { ranks: 2 });
    const parts = out('parts');
    const config = ranksConfig(photos, parts, steps(15), 'checkpoint.everyIterations=5', 'checkpoint.keepLast=5');
    await runStopped(config, 5, 2);
    const { events } = await runStopped(config, 10, 4, true);
    assert.ok(worldsOf(events)[0]!.step >= 5);
    const { result } = await runTraining(config, { resume: true });
    assert.equal(result.status, 'finished');
    const [expected, actual] = [lossesOf(whole) as number[], lossesOf(parts) as number[]];
    assert.equal(actual.length, 15);
    for (const [step, loss] of actual.entries()) {
      assert.ok(Math.abs(loss / expected[step]! - 1) <= 1e-4, `step ${step + 1}: ${loss}, not ${expected[step]}`);
    }
  });

  it('takes a checkpoint of one process up on two ranks, with its queue', async () => {
    const set = [steps(12), 'loss.queueLength=16', 'checkpoint.everyIterations=6'];
    const whole = out('queue-whole');
    await runTraining(ranksConfig(photos, whole, ...set));
    const parts = out('queue-parts');
    const config = ranksConfig(photos, parts, ...set);
    await stopAfter(6, config);
    await runRanked(config, { ranks: 2, resume: true });
    const [expected, actual] = [lossesOf(whole) as number[], lossesOf(parts) as number[]];
    for (const [step, loss] of actual.entries()) {
      assert.ok(Math.abs(loss / expected[step]! - 1) <= 1e-4, `step ${step + 1}: ${loss}, not ${expected[step]}`);
    }
  });

  it('measures quality as one process does, and leaves an encoder that gives the same features', async () => {
    const set = [steps(10), 'data.heldOutShare=0.3', 'quality.everyIterations=5', 'quality.knn.k=3'];
    await runTraining(ranksConfig(photos, out('quality-one'), ...set));
    const { result } = await runRanked(ranksConfig(photos, out('quality-two'), ...set), { ranks: 2 });
    const qualities = (folder: string) => readMetrics(folder).filter(({ kind }) => kind === 'quality');
    const [one, two] = [qualities(out('quality-one')), qualities(out('quality-two'))];
    assert.deepEqual(
      two.map(({ step }) => step),
      one.map(({ step }) => step),
    );
    for (const [index, record] of two.entries()) {
      const expected = one[index]!;
      assert.ok(record.kind === 'quality' && expected.kind === 'quality');
      assert.ok(Math.abs(record.effectiveRank / expected.effectiveRank - 1) < 1e-2);
      assert.equal(record.knnAccuracy, expected.knnAccuracy);
    }
    assert.ok(result.quality);
    const views = new Uint8Array(4 * 32 * 32 * 3).map((_, index) => (index * 7919) % 256);
    const embed = async (folder: string) => (await loadEncoder(folder, { size: 32, precision: 'fp32' })).embed(views);
    const [expected, actual] = [await embed(out('quality-one')), await embed(out('quality-two'))];
    for (const [index, value] of actual.entries())
      assert.ok(Math.abs(value - expected[index]!) < 1e-2, `feature ${index}`);
  });

  it('goes on by itself when a rank is killed, and records every step once', async () => {
    const folder = out('killed');
    const config = ranksConfig(photos, folder, steps(60), 'checkpoint.everyIterations=10');
    const { events, result, saved } = await runWithKill(config, { step: 25, saved: 20 });
    assert.equal(result.status, 'finished');
    assert.equal(result.steps, 60);
    const worlds = worldsOf(events);
    assert.equal(worlds.length, 2);
    assert.ok(worlds[1]!.step >= saved && worlds[1]!.step % 10 === 0);
    assert.match(worlds[1]!.reason!, /gone|failed/);
    await checkUndisturbed(folder, 60);
    assert.equal(readWorlds(folder).filter(({ kind }) => kind === 'began').length, 2);
  });

  /** The records of a disturbed run are those of one that was left alone. */
  async function checkUndisturbed(folder: string, count: number) {
    const undisturbed = out(`undisturbed-${count}`);
    await runRanked(ranksConfig(photos, undisturbed, steps(count)), { ranks: 2 });
    const recorded = readMetrics(folder).map(({ step }) => step);
    assert.deepEqual(
      recorded,
      Array.from({ length: count }, (_, index) => index + 1),
    );
    assert.deepEqual(lossesOf(folder), lossesOf(undisturbed));
  }

  it('ends with a checkpoint when it is told to', async () => {
    const { result } = await runStopped(ranksConfig(photos, out('stopped'), steps(500)), 7, 2);
    assert.equal(result.status, 'stopped');
    assert.ok(result.steps >= 7 && result.steps < 500);
    assert.equal(path.basename(result.checkpoint!), `step-${String(result.steps).padStart(8, '0')}`);
    assert.equal(readRun(out('stopped'))!.status, 'stopped');
  });

  it('takes fewer ranks where that is allowed, and more when they come', async () => {
    const config = ranksConfig(photos, out('elastic'), steps(12), 'ranks.replacementTimeout=0');
    const { events, result } = await runRanked(config, { ranks: [1, 2] });
    assert.equal(result.status, 'finished');
    const sizes = worldsOf(events).map(({ ranks }) => ranks.length);
    assert.ok(sizes.every((size) => size === 1 || size === 2));
    assert.equal(lossesOf(out('elastic')).length, 12);
  });

  it('says when the batch cannot be divided', async () => {
    await assert.rejects(runRanked(ranksConfig(photos, out('odd'), steps(4)), { ranks: 3 }), {
      code: 'BAD_WORLD_SIZE',
      message: /batch of 8 images cannot be divided evenly among 3 ranks/,
    });
  });

  it('ends with the batch that is not finite, after another try', async () => {
    const config = ranksConfig(
      photos,
      out('nan'),
      steps(50),
      'optimizer.larc=false',
      'schedule.start=1e30',
      'schedule.peak=1e30',
    );
    await assert.rejects(runRanked(config, { ranks: 2 }), { code: 'NOT_FINITE', message: /Images of the batch/ });
    assert.equal(readWorlds(out('nan')).filter(({ kind }) => kind === 'began').length, 2);
    assert.equal(readRun(out('nan'))!.status, 'failed');
  });

  it('leaves no process behind', () => {
    assert.deepEqual(childrenOf(process.pid), []);
  });

  /** Stops at the first record of the step or a later one. */
  async function runStopped(
    config: ReturnType<typeof ranksConfig>,
    step: number,
    ranks: number,
    resume = false,
  ): Promise<Ranked> {
    const stop = new AbortController();
    return runRanked(config, {
      ...{ ranks, resume, signal: stop.signal },
      onEvent(event) {
        if (event.kind === 'step' && event.step >= step) stop.abort();
      },
    });
  }
});
