import assert from 'node:assert/strict';
import path from 'node:path';
import { loadConfig } from '../../../training/config/config.ts';
import { runTraining, temporaryFolder, writePhotos } from '../tiny-training.ts';

describe('presets', () => {
  for (const preset of ['tiny', '400mf'] as const) {
    it(`${preset} compiles and takes two steps`, async () => {
      const temporary = temporaryFolder();
      try {
        const data = path.join(temporary.path, 'photos');
        await writePhotos(data, 4);
        const set = ['training.iterations=2', 'training.batchSize=2', 'schedule.warmupIterations=1'];
        const config = loadConfig({ preset, data, out: path.join(temporary.path, 'run'), set });
        const { result } = await runTraining(config);
        assert.deepEqual([result.status, result.steps], ['finished', 2]);
        assert.ok(Number.isFinite(result.loss));
      } finally {
        temporary.remove();
      }
    });
  }
});
