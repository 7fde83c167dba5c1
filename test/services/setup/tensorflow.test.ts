/** `auspex setup tensorflow` where it has nothing to do, and where it cannot. What it fetches is too large for a test. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { placeOf, readStamp } from '../../../kernels/tensorflow/place.ts';
import { wheelsOf } from '../../../services/setup/packages.ts';
import { setUpTensorFlow, unpackWheel } from '../../../services/setup/tensorflow.ts';
import { keepEnvironment } from '../../keep-environment.ts';

describe('set-up of TensorFlow', () => {
  const restoreEnvironment = keepEnvironment();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-setup-'));
    process.env['AUSPEX_TENSORFLOW'] = folder;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    restoreEnvironment();
  });

  /** As a finished set-up leaves it. */
  function laidOut() {
    const place = placeOf('cpu');
    mkdirSync(path.dirname(place.module), { recursive: true });
    writeFileSync(place.module, '');
    mkdirSync(path.dirname(place.operations), { recursive: true });
    writeFileSync(place.operations, '');
    writeFileSync(place.stamp, JSON.stringify({ tensorflow: '2.18.1', binding: '4.22.0', build: 'cpu' }));
    return place;
  }

  it('does nothing where it is there, and tells no stage', async () => {
    const place = laidOut();
    const stages: string[] = [];
    const result = await setUpTensorFlow({ build: 'cpu', onProgress: (stage) => stages.push(stage) });
    assert.deepEqual([result.wasThere, result.folder, stages], [true, place.folder, []]);
  });

  it('adds operations that another version had not, and says where they do not compile', async () => {
    const place = laidOut();
    rmSync(place.operations);
    mkdirSync(path.join(place.folder, 'tensorflow', 'include', 'absl'), { recursive: true });
    const stages: string[] = [];
    // Its headers are not there.
    await assert.rejects(setUpTensorFlow({ build: 'cpu', onProgress: (stage) => stages.push(stage) }), {
      code: 'SETUP_BUILD_FAILED',
      message: /tensorflow\/core\/framework/,
    });
    assert.deepEqual([stages, readdirSync(path.dirname(place.operations))], [['build operations'], []]);
  });

  it('counts for nothing without its stamp or its module', () => {
    const place = laidOut();
    assert.equal(readStamp(place)?.binding, '4.22.0');
    rmSync(place.module);
    assert.equal(readStamp(place), undefined);
  });

  it('names the tools that are missing', async () => {
    process.env['PATH'] = folder;
    await assert.rejects(setUpTensorFlow({ build: 'cpu' }), {
      code: 'SETUP_TOOL_MISSING',
      message: /python3-pip, g\+\+, make, npm, tar.*apt-get install/,
    });
  });

  it('says what could not be fetched, and leaves nothing behind', async () => {
    // Nobody listens there.
    Object.assign(process.env, {
      PIP_INDEX_URL: 'http://127.0.0.1:9/',
      PIP_RETRIES: '0',
      PIP_CONFIG_FILE: '/dev/null',
    });
    await assert.rejects(setUpTensorFlow({ build: 'cpu' }), {
      code: 'SETUP_FETCH_FAILED',
      message: /tensorflow-cpu==2\.18\.1 could not be fetched/,
    });
    assert.deepEqual(readdirSync(folder), []);
  });

  it("unpacks what is needed of a wheel, and leaves CUDA's programs ones that can be run", async () => {
    const names = ['nvidia/cuda_nvcc/bin/ptxas', 'nvidia/nccl/lib/libnccl.so.2', 'tensorflow/python/ops.py'];
    for (const name of names) {
      mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(folder, name), name);
    }
    const wheel = path.join(folder, 'cuda.whl');
    assert.equal(
      spawnSync('python3', ['-m', 'zipfile', '-c', wheel, 'nvidia', 'tensorflow'], { cwd: folder }).status,
      0,
    );
    const unpacked = path.join(folder, 'unpacked');
    await unpackWheel(wheel, unpacked);
    const [program, library, python] = names.map((name) => path.join(unpacked, name));
    assert.equal(statSync(program!).mode & 0o777, 0o755);
    assert.equal(statSync(library!).mode & 0o111, 0);
    assert.ok(!existsSync(python!));
  });

  it("takes CUDA's libraries for GPUs alone, every one of a pinned version", () => {
    assert.deepEqual(wheelsOf('cpu'), ['tensorflow-cpu==2.18.1']);
    assert.ok(wheelsOf('gpu').includes('tensorflow==2.18.1'));
    assert.ok(wheelsOf('gpu').length > 10);
    for (const wheel of wheelsOf('gpu')) assert.match(wheel, /^[\w-]+==[\d.]+$/);
  });
});
