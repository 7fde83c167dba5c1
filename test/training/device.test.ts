/** `training.device`: what is refused before any work. */
import assert from 'node:assert/strict';
import { loadConfig } from '../../training/config.ts';
import { openDevice, requireOwnExecutor } from '../../training/device.ts';
import { compileRankStep } from '../../training/rank-step.ts';
import { precisionOf } from '../../training/step.ts';
import { keepEnvironment } from '../keep-environment.ts';

const config = (...set: string[]) => loadConfig({ preset: 'tiny', data: 'photos', set });

describe('training.device', () => {
  it('is the executor on oneDNN unless the configuration says otherwise', async () => {
    assert.equal(config().training.device, 'cpu');
    assert.equal(await openDevice(config()), undefined);
    assert.doesNotThrow(() => requireOwnExecutor(config(), 'x'));
  });

  it('is refused if there is none of that name', () => {
    assert.throws(() => config('training.device=tpu'), { code: 'CONFIG_INVALID_VALUE', message: /training\.device/ });
  });

  it('computes in what it is quick at', () => {
    assert.equal(precisionOf(config('training.device=gpu')), 'bf16');
    assert.equal(precisionOf(config('training.device=tensorflow-cpu')), 'f32');
    assert.equal(precisionOf(config('training.device=gpu', 'training.precision=fp32')), 'f32');
  });

  it('of TensorFlow trains on one rank', () => {
    const several = () => compileRankStep(config('training.device=gpu'), { rank: 0, worldSize: 2 });
    assert.throws(several, { code: 'DEVICE_NEEDS_ONE_RANK', message: /training\.device: gpu/ });
  });

  it('has to be set up', async () => {
    const restoreEnvironment = keepEnvironment();
    process.env['AUSPEX_TENSORFLOW'] = '/nowhere';
    try {
      await assert.rejects(openDevice(config('training.device=gpu')), {
        code: 'TENSORFLOW_NOT_SET_UP',
        message: /\/nowhere\/.*auspex setup tensorflow --gpu/,
      });
    } finally {
      restoreEnvironment();
    }
  });
});
