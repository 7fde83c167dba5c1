/** What is declared of NCCL and CUDA against their own headers, which come with TensorFlow's build for GPUs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { placeOf } from '../../../kernels/tensorflow/place.ts';

const includes = ['nccl', 'cuda_runtime', 'cuda_nvcc'].map((part) =>
  path.join(placeOf('gpu').folder, 'nvidia', part, 'include'),
);
const isThere = includes.every((folder) => existsSync(folder));
const source = path.join(import.meta.dirname, 'nccl-stand-in', 'headers.cc');

/** @returns what the compiler says; empty where it takes the source */
function compile(file: string): string {
  const flags = ['-std=c++17', '-fsyntax-only', '-w', ...includes.map((folder) => `-I${folder}`)];
  const { status, stderr } = spawnSync(process.env['CXX'] ?? 'c++', [...flags, file], { encoding: 'utf8' });
  return status === 0 ? '' : stderr;
}

const where = isThere ? describe : describe.skip;
where(`declarations of NCCL and CUDA${isThere ? '' : ' (not set up: auspex setup tensorflow --gpu)'}`, () => {
  it('are those of their headers', () => {
    assert.equal(compile(source), '');
  });

  it('would be found to differ', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'auspex-headers-'));
    try {
      const api = path.join(import.meta.dirname, '..', '..', '..', 'kernels', 'collectives', 'nccl-api.h');
      for (const [right, wrong] of [
        ['kNcclFloat32 = 7', 'kNcclFloat32 = 6'],
        ['size_t count, ncclDataType_t type, int root', 'ncclDataType_t type, int root'],
        ['int device;\n  void* devicePointer', 'void* devicePointer'],
      ] as const) {
        const changed = readFileSync(api, 'utf8').replace(right, wrong);
        assert.ok(changed.includes(wrong) && !changed.includes(right), right);
        writeFileSync(path.join(folder, 'api.h'), changed);
        const file = path.join(folder, 'headers.cc');
        writeFileSync(file, readFileSync(source, 'utf8').replace(/#include ".*nccl-api\.h"/, '#include "api.h"'));
        assert.match(compile(file), /error/, wrong);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
