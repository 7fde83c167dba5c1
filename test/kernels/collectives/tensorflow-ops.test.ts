/** Collectives as operations of TensorFlow's build for processors, from C++: where it is set up. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { placeOf } from '../../../kernels/tensorflow/place.ts';
import { onTensorFlow } from './nccl-stand-in/build.ts';
import { environmentOf } from './operations.ts';

const folder = path.join(placeOf('cpu').folder, 'tensorflow');
const isThere = existsSync(placeOf('cpu').operations);

const where = isThere ? describe : describe.skip;
where(`collectives as operations of TensorFlow${isThere ? '' : ' (not set up: auspex setup tensorflow)'}`, () => {
  for (const transport of ['shared-memory', 'nccl'] as const) {
    it(`give the ranks' results by ${transport}, and fail as the communicator does`, () => {
      const { program, operations } = onTensorFlow('tensorflow-ranks', folder);
      for (const size of [2, 4]) {
        const { status, stdout, stderr } = spawnSync(program, [operations, String(size), transport], {
          env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', ...environmentOf(transport), AUSPEX_STAND_IN_LEAKS: '1' },
          encoding: 'utf8',
          timeout: 60_000,
        });
        assert.equal(status, 0, stderr);
        assert.equal(stdout, 'as expected\n'.repeat(size));
      }
    });
  }

  it('keep to the order of streams in their kernels for GPUs, on memory and streams of the stand-in', () => {
    const { program, operations } = onTensorFlow('tensorflow-streams', folder);
    for (const size of [1, 2, 4]) {
      const { status, stdout, stderr } = spawnSync(program, [operations, String(size)], {
        env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', ...environmentOf('nccl'), AUSPEX_STAND_IN_LEAKS: '1' },
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.equal(status, 0, stderr);
      assert.equal(stdout, 'as expected\n'.repeat(size));
    }
  });
});
