/** What of a job's files is looked at before it runs: options of protocols, and evaluations of a training. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchmarkEvaluation, TrainingJob } from '../../services/jobs/job.ts';
import { checkFolders, prepare } from '../../services/jobs/prepare.ts';
import { Roots } from '../../services/jobs/roots.ts';
import { temporaryFolder } from '../training/tiny-training.ts';

describe('files that a job names', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const bus = { folder: null, brokers: null };
  let roots: Roots;
  before(() => {
    for (const folder of ['root/photos', 'root/run', 'root/bert', 'other/bert'])
      mkdirSync(at(folder), { recursive: true });
    writeFileSync(at('root/list.txt'), '');
    writeFileSync(at('other/list.txt'), '');
    symlinkSync(at('root/bert'), at('root/model'));
    roots = new Roots([at('root')]);
  });
  after(() => temporary.remove());

  const benchmark = (protocol: string, set: Record<string, string>): BenchmarkEvaluation => ({
    ...{ kind: 'evaluation', id: 'one', checkpoint: at('root/run'), data: at('root/photos'), untrained: false },
    ...{ protocol, set },
  });
  const prepared = (job: BenchmarkEvaluation | TrainingJob) => prepare(job, roots, at('out'), bus);

  it('may be in options, without links, and only below a root', () => {
    const ready = prepared(benchmark('hateful-memes', { textModel: at('root/model'), grid: '1' }));
    assert.ok(ready.kind === 'benchmark');
    assert.deepEqual(ready.set, { textModel: JSON.stringify(at('root/bert')), grid: '1' });
    for (const [protocol, set] of [
      ['hateful-memes', { textModel: at('other/bert') }],
      ['hateful-memes', { textModel: `"${at('root/../other/bert')}"` }],
      ['low-shot', { list: at('other/list.txt') }],
    ] as const) {
      assert.throws(() => prepared(benchmark(protocol, set)), { code: 'OUTSIDE_ROOTS', message: /^set\./ }, protocol);
    }
    prepared(benchmark('low-shot', { list: at('root/list.txt') }));
  });

  it('may be of evaluations during a training, and only below a root', async () => {
    const training = (evaluation: Record<string, unknown>): TrainingJob => ({
      ...{ kind: 'training', id: 'one', preset: 'tiny', data: at('root/photos') },
      set: {
        evaluations: JSON.stringify([
          { name: 'probe', protocol: 'knn', data: at('root/photos'), everyIterations: 5, ...evaluation },
        ]),
      },
    });
    const ready = prepared(training({}));
    assert.ok(ready.kind === 'training' && ready.config.evaluations[0]!.data === at('root/photos'));
    await checkFolders(ready, roots);
    const outside = { code: 'OUTSIDE_ROOTS' };
    assert.throws(() => prepared(training({ data: at('other') })), {
      ...outside,
      message: /^evaluations\.probe\.data/,
    });
    const memes = { protocol: 'hateful-memes', set: { textModel: at('other/bert') } };
    assert.throws(() => prepared(training(memes)), outside);
    mkdirSync(at('root/faces'));
    symlinkSync(at('other'), at('root/faces/out'));
    await assert.rejects(checkFolders(prepared(training({ data: at('root/faces') })), roots), outside);
  });
});
