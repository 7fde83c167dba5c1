/** CheckpointService (protos/auspex/v1/checkpoint_service.proto): what lies in run folders, and no change of it. */
import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readChecksums } from '../../../checkpoints/checksums.ts';
import { CheckpointError } from '../../../checkpoints/errors.ts';
import { checkpointsFolder, findCheckpoint } from '../../../checkpoints/find-checkpoint.ts';
import { inspectCheckpoint } from '../../../checkpoints/inspect-checkpoint.ts';
import { listCheckpoints } from '../../../checkpoints/list-checkpoints.ts';
import type { CheckpointEntry } from '../../../checkpoints/open-checkpoint.ts';
import { KEEP_ALL } from '../../../checkpoints/retention.ts';
import { type Damage, describeDamage, verifyCheckpoint } from '../../../checkpoints/verify-checkpoint.ts';
import { retentionOf } from '../../../training/checkpoints/checkpoints-of-run.ts';
import type { Roots } from '../../jobs/roots.ts';
import type { CHECKPOINT_SERVICE } from '../contract.ts';
import { invalid } from '../rpc/requests.ts';
import type { Handlers } from '../rpc/serve-methods.ts';
import { withProgress } from '../rpc/with-progress.ts';

const CHUNK_BYTES = 2 ** 20;

export function checkpointService({ roots }: { readonly roots: Roots }): Handlers<typeof CHECKPOINT_SERVICE> {
  const find = async (folder: string): Promise<CheckpointEntry> => {
    const entry = await findCheckpoint(roots.folder('checkpoint', folder));
    await roots.checkLinks('checkpoint', roots.folder('checkpoint', entry.path));
    return entry;
  };
  return {
    async listCheckpoints({ run }) {
      const folder = roots.folder('run', run);
      const { checkpoints } = await listCheckpoints(checkpointsFolder(folder), retentionOf(folder) ?? KEEP_ALL);
      return {
        checkpoints: checkpoints.map(({ worldSize, kept, problem, ...fields }) => ({
          ...fields,
          ranks: worldSize ?? 0,
          keptBecause: [...kept],
          problem: problem ?? '',
        })),
      };
    },

    async inspectCheckpoint({ checkpoint }) {
      const entry = await find(checkpoint);
      const { files } = await inspectCheckpoint(entry, { assembled: true });
      return {
        ...entry,
        files: await filesOf(entry),
        tensors: files.flatMap((file) =>
          file.tensors.map(({ name, dtype, shape }) => ({ name: `${file.name}.${name}`, dtype, shape: [...shape] })),
        ),
      };
    },

    async *verifyCheckpoint({ checkpoint }, { signal }) {
      const entry = await find(checkpoint);
      let bytesTotal = 0;
      for await (const step of withProgress<{ done: number; total: number }, { damage: readonly Damage[] }>(
        (report) => verifyCheckpoint(entry, report),
        signal,
      )) {
        if ('progress' in step) {
          bytesTotal = step.progress.total;
          yield { bytesDone: step.progress.done, bytesTotal };
        } else {
          const problems = step.result.damage.map(describeDamage);
          yield { bytesDone: bytesTotal, bytesTotal, result: { good: problems.length === 0, problems } };
        }
      }
    },

    async *readFile({ checkpoint, file, offset }, { signal }) {
      const { path: folder } = await find(checkpoint);
      if (!(await readdir(folder)).includes(file)) {
        throw new CheckpointError(
          'CHECKPOINT_NOT_FOUND',
          `${folder} has no file ${file}; InspectCheckpoint names them.`,
        );
      }
      const handle = await open(
        roots.anyFile('file', path.join(folder, file)),
        constants.O_RDONLY | constants.O_NOFOLLOW,
      );
      try {
        const { size: bytesTotal } = await handle.stat();
        if (offset > bytesTotal) invalid('offset', `is ${offset}, behind the end of the file at ${bytesTotal}`);
        for (let at = offset; at < bytesTotal; ) {
          signal.throwIfAborted();
          const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
          if (bytesRead === 0)
            throw new CheckpointError('CHECKPOINT_DAMAGED', `${file} of ${folder} was cut off while it was read.`);
          yield { offset: at, data: buffer.subarray(0, bytesRead), bytesTotal };
          at += bytesRead;
        }
        if (offset === bytesTotal) yield { offset, bytesTotal };
      } finally {
        await handle.close();
      }
    },
  };
}

async function filesOf({ path: folder }: CheckpointEntry) {
  // A checkpoint that is damaged can be looked at as well.
  const sums = await readChecksums(folder).catch(() => new Map<string, string>());
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => ({
      name,
      bytes: (await stat(path.join(folder, name))).size,
      sha256: sums.get(name) ?? '',
    })),
  );
}
