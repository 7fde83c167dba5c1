/** `training.device`: what is refused before any work. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { placeOf } from '../../kernels/tensorflow/place.ts';
import { loadConfig } from '../../training/config/config.ts';
import {
  environmentOfRank,
  openDevice,
  openRankDevice,
  requireRankDevices,
  transportOf,
} from '../../training/device.ts';
import { precisionOf } from '../../training/step.ts';
import { inOwnProcess } from '../in-own-process.ts';
import { keepEnvironment } from '../keep-environment.ts';
import { standInEnvironment } from '../kernels/collectives/nccl-stand-in/build.ts';

const config = (...set: string[]) => loadConfig({ preset: 'tiny', data: 'photos', set });

/** What another process finds that looks for what ranks on GPUs need; libraries stay as a process has loaded them. */
function foundByAnother(ranks: number, more: Readonly<Record<string, string>> = {}): string {
  const code = `
    import { loadConfig } from './training/config/config.ts';
    import { requireRankDevices } from './training/device.ts';
    try {
      requireRankDevices(loadConfig({ preset: 'tiny', data: 'photos', set: ['training.device=gpu'] }), ${ranks});
      console.log('all there');
    } catch (error) {
      console.log(error.code, error.message);
    }`;
  return inOwnProcess(code, { ...standInEnvironment(), ...more });
}

describe('training.device', () => {
  it('is the executor on oneDNN unless the configuration says otherwise', async () => {
    assert.equal(config().training.device, 'cpu');
    assert.equal(await openDevice(config()), undefined);
    assert.equal(await openRankDevice(config()), undefined);
    assert.doesNotThrow(() => requireRankDevices(config(), 8));
    assert.deepEqual(environmentOfRank(config(), 3), {});
  });

  it('is refused if there is none of that name', () => {
    assert.throws(() => config('training.device=tpu'), { code: 'CONFIG_INVALID_VALUE', message: /training\.device/ });
  });

  it('computes in what it is quick at', () => {
    assert.equal(precisionOf(config('training.device=gpu')), 'bf16');
    assert.equal(precisionOf(config('training.device=tensorflow-cpu')), 'f32');
    assert.equal(precisionOf(config('training.device=gpu', 'training.precision=fp32')), 'f32');
  });

  describe('in an environment of its own', () => {
    const restoreEnvironment = keepEnvironment();
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'auspex-device-'));
      process.env['AUSPEX_TENSORFLOW'] = folder;
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
      restoreEnvironment();
    });

    /** As a finished set-up leaves it. */
    function setUp(build: 'cpu' | 'gpu', ...files: ('module' | 'stamp' | 'operations')[]): void {
      const place = placeOf(build);
      for (const file of files) {
        mkdirSync(path.dirname(place[file]), { recursive: true });
        writeFileSync(place[file], '{}');
      }
    }

    it('has to be set up', async () => {
      const missing = { code: 'TENSORFLOW_NOT_SET_UP', message: /auspex-device-.*auspex setup tensorflow --gpu/ };
      await assert.rejects(openDevice(config('training.device=gpu')), missing);
      await assert.rejects(openRankDevice(config('training.device=gpu')), missing);
      assert.throws(() => requireRankDevices(config('training.device=gpu'), 2), missing);
    });

    it('needs the operations by which ranks exchange, of this version, for several of them', async () => {
      setUp('cpu', 'module', 'stamp');
      const missing = {
        code: 'TENSORFLOW_NOT_SET_UP',
        message: /operations.*'auspex setup tensorflow', which adds them/,
      };
      await assert.rejects(openRankDevice(config('training.device=tensorflow-cpu')), missing);
      assert.throws(() => requireRankDevices(config('training.device=tensorflow-cpu'), 2), missing);
      setUp('cpu', 'operations');
      assert.doesNotThrow(() => requireRankDevices(config('training.device=tensorflow-cpu'), 2));
    });

    it('needs NCCL, and a GPU for each rank', () => {
      setUp('gpu', 'module', 'stamp', 'operations');
      assert.match(foundByAnother(2, { AUSPEX_NCCL: '/nowhere.so' }), /^NCCL_MISSING .*nowhere/);
      assert.equal(foundByAnother(8), 'all there\n');
      assert.match(foundByAnother(9), /^NCCL_MISSING .*9 ranks need a GPU each, and CUDA sees 8/);
    });

    it('takes one of several GPUs, for TensorFlow and NCCL alike', async () => {
      setUp('gpu', 'module', 'stamp', 'operations');
      process.env['CUDA_VISIBLE_DEVICES'] = '6,7';
      await assert.rejects(openRankDevice(config('training.device=gpu')), { code: 'TENSORFLOW_NOT_LOADED' });
      assert.equal(process.env['CUDA_VISIBLE_DEVICES'], '6');
    });

    it('shows TensorFlow one of several GPUs, and what starts later all of them', async () => {
      setUp('gpu', 'module', 'stamp');
      // In the place of the binding, what CUDA would read when it starts.
      const reads = `
        #include <stdio.h>
        #include <stdlib.h>
        __attribute__((constructor)) static void tell(void) {
          FILE* file = fopen(getenv("AUSPEX_TEST_SEEN"), "w");
          fputs(getenv("CUDA_VISIBLE_DEVICES"), file);
          fclose(file);
        }`;
      const seen = path.join(folder, 'seen');
      process.env['AUSPEX_TEST_SEEN'] = seen;
      const command = ['-x', 'c', '-shared', '-fPIC', '-o', placeOf('gpu').module, '-'];
      assert.equal(spawnSync('cc', command, { input: reads }).status, 0);
      for (const [visible, shown] of [
        ['6,7', '6'],
        [undefined, '0'],
        ['', ''],
      ] as const) {
        if (visible === undefined) delete process.env['CUDA_VISIBLE_DEVICES'];
        else process.env['CUDA_VISIBLE_DEVICES'] = visible;
        await assert.rejects(openDevice(config('training.device=gpu')), { code: 'TENSORFLOW_NOT_LOADED' });
        assert.equal(readFileSync(seen, 'utf8'), shown);
        assert.equal(process.env['CUDA_VISIBLE_DEVICES'], visible);
      }
    });

    it('gives streams on a GPU queues of their own, unless the environment says otherwise', async () => {
      setUp('gpu', 'module', 'stamp');
      for (const [asked, taken] of [
        [undefined, '32'],
        ['8', '8'],
      ] as const) {
        delete process.env['CUDA_DEVICE_MAX_CONNECTIONS'];
        if (asked) process.env['CUDA_DEVICE_MAX_CONNECTIONS'] = asked;
        await assert.rejects(openDevice(config('training.device=gpu')), { code: 'TENSORFLOW_NOT_LOADED' });
        assert.equal(process.env['CUDA_DEVICE_MAX_CONNECTIONS'], taken);
      }
    });

    it('shows each rank its own GPU', () => {
      const gpu = config('training.device=gpu');
      delete process.env['CUDA_VISIBLE_DEVICES'];
      assert.deepEqual(environmentOfRank(gpu, 1), { CUDA_VISIBLE_DEVICES: '1' });
      process.env['CUDA_VISIBLE_DEVICES'] = '6,GPU-8a';
      assert.deepEqual(environmentOfRank(gpu, 1), { CUDA_VISIBLE_DEVICES: 'GPU-8a' });
      process.env['CUDA_VISIBLE_DEVICES'] = '';
      assert.deepEqual(environmentOfRank(gpu, 0), { CUDA_VISIBLE_DEVICES: '' }, 'hidden GPUs are shown');
      assert.deepEqual(environmentOfRank(config('training.device=tensorflow-cpu'), 1), {});
    });
  });
});

describe('ranks.transport', () => {
  const on = (device: string, transport = 'auto') =>
    config(`training.device=${device}`, `ranks.transport=${transport}`);

  it('is shared memory where all ranks are on one host', () => {
    for (const device of ['cpu', 'tensorflow-cpu']) {
      const shared = { transport: 'shared-memory', meetBy: 'shared-memory' };
      assert.deepEqual(transportOf(on(device), 1), shared);
      assert.deepEqual(transportOf(on(device), 2), { transport: 'gloo', meetBy: 'gloo' });
    }
  });

  it('is NCCL between GPUs, whose ranks meet as others do', () => {
    assert.deepEqual(transportOf(on('gpu'), 1), { transport: 'nccl', meetBy: 'shared-memory' });
    assert.deepEqual(transportOf(on('gpu'), 2), { transport: 'nccl', meetBy: 'gloo' });
  });

  it('is what the configuration says', () => {
    assert.deepEqual(transportOf(on('cpu', 'gloo'), 1), { transport: 'gloo', meetBy: 'gloo' });
    const nccl = { transport: 'nccl', meetBy: 'shared-memory' };
    assert.deepEqual(transportOf(on('tensorflow-cpu', 'nccl'), 1), nccl);
  });

  it('cannot be what does not reach the memory of the device', () => {
    assert.throws(() => on('gpu', 'gloo'), { code: 'CONFIG_INVALID_VALUE', message: /ranks\.transport.*NCCL/ });
    assert.throws(() => on('cpu', 'nccl'), { code: 'CONFIG_INVALID_VALUE', message: /ranks\.transport.*cpu/ });
  });
});
