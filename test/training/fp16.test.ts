/** `training.precision: fp16`: refused on processors; on TensorFlow, where it is set up, what a run keeps of its loss scale. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { loadConfig } from '../../training/config/config.ts';
import { readMetrics } from '../../training/run/run-folder.ts';
import { hasTensorFlow, hasTensorFlowRanks, tensorFlowDevice } from '../kernels/executors.ts';
import { ranksConfig, runRanked } from '../services/ranks/ranks-training.ts';
import { runTraining, stopAfter, temporaryFolder, tinyConfig, writePhotos } from './tiny-training.ts';

describe('fp16', () => {
  it('is refused on processors, with what there is instead', () => {
    assert.throws(() => loadConfig({ preset: 'tiny', data: 'photos', set: ['training.precision=fp16'] }), {
      code: 'CONFIG_INVALID_VALUE',
      message: /training\.precision.*gpu or tensorflow-cpu.*bf16/s,
    });
    const config = loadConfig({ preset: 'tiny', set: ['training.precision=fp16', 'training.device=gpu'] });
    assert.deepEqual([config.training.lossScale, config.training.lossScaleGrowth], [65_536, 2000]);
  });

  const where = hasTensorFlow ? describe : describe.skip;
  where(`on TensorFlow${hasTensorFlow ? '' : ' (not set up: auspex setup tensorflow)'}`, () => {
    const temporary = temporaryFolder();
    const photos = path.join(temporary.path, 'photos');
    const out = (name: string) => path.join(temporary.path, name);
    const SET = [
      `training.device=${tensorFlowDevice}`,
      'training.precision=fp16',
      'training.lossScale=1073741824',
      'training.lossScaleGrowth=1000',
      'training.iterations=24',
      'checkpoint.everyIterations=20',
    ];
    before(() => writePhotos(photos, 24));
    after(() => temporary.remove());

    function steps(folder: string) {
      return readMetrics(folder).flatMap((record) => (record.kind === 'step' ? [record] : []));
    }

    /** The scale halves with every overflow, which is recorded, and then stays. */
    function checkScales(folder: string): number {
      const records = steps(folder);
      assert.equal(records.length, 24);
      const overflows = records.filter(({ loss }) => loss === null).length;
      assert.ok(overflows > 1 && overflows < 20, `${overflows} overflows`);
      for (const { loss, lossScale, overflows: counted, overflowed, step } of records) {
        assert.equal(overflowed ?? false, loss === null, `whether step ${step} overflowed`);
        assert.equal(lossScale, 2 ** (30 - counted!), `scale after step ${step}`);
        if (loss === null) assert.equal(counted, step, 'the first steps overflow');
      }
      assert.equal(records.at(-1)!.overflows, overflows);
      return overflows;
    }

    it('leaves out the steps that overflow, says so, and keeps the scale when it is resumed', async () => {
      const { events } = await runTraining(tinyConfig(photos, out('whole'), ...SET));
      const overflows = checkScales(out('whole'));
      const warnings = events.filter(
        (event) => event.kind === 'warning' && /overflowed and was left out/.test(event.message),
      );
      assert.equal(warnings.length, overflows);
      const config = tinyConfig(photos, out('parts'), ...SET);
      await stopAfter(21, config);
      await runTraining(config, { resume: true });
      checkScales(out('parts'));
      assert.deepEqual(
        steps(out('parts')).map(({ loss }) => loss),
        steps(out('whole')).map(({ loss }) => loss),
      );
    });

    it('is the same on two ranks', async function () {
      if (!hasTensorFlowRanks) this.skip();
      const { events } = await runRanked(ranksConfig(photos, out('ranks'), ...SET), { ranks: 2 });
      checkScales(out('ranks'));
      assert.equal(events.filter(({ kind }) => kind === 'world').length, 1, 'no world was given up');
    });

    it('ends where a step is not finite at the smallest scale', async () => {
      const rates = ['schedule.start=1e30', 'schedule.peak=1e30', 'training.lossScale=4'];
      const config = tinyConfig(photos, out('nan'), ...SET, ...rates);
      await assert.rejects(runTraining(config), { code: 'NOT_FINITE' });
    });
  });
});
