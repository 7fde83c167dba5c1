/** What a job needs is looked up when it is accepted, and nothing else can be reached by it. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROTOCOLS } from '../../evals/protocols/registry.ts';
import type { BenchmarkEvaluation, TrainingJob } from '../../services/jobs/job.ts';
import { checkFolders, prepare } from '../../services/jobs/prepare.ts';
import { Roots } from '../../services/jobs/roots.ts';
import { temporaryFolder } from '../training/tiny-training.ts';

describe('jobs of benchmarks', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  let roots: Roots;
  before(() => {
    for (const folder of ['root/data', 'root/model', 'other']) mkdirSync(at(folder), { recursive: true });
    for (const file of ['root/names.json', 'other/names.json']) writeFileSync(at(file), '{}');
    symlinkSync(at('root/names.json'), at('root/link.json'));
    roots = new Roots([at('root')]);
  });
  after(() => temporary.remove());

  const prepared = (protocol: string, set: Record<string, string>) => {
    const job = { kind: 'evaluation', id: 'a', protocol, set, untrained: false } as const;
    const folders = { checkpoint: at('root/model'), data: at('root/data') };
    return prepare({ ...job, ...folders } as BenchmarkEvaluation, roots, at('root'), { folder: null } as never);
  };

  it('may name files among their options that lie below a root, and are told where these really are', () => {
    const job = prepared('out-of-domain', { aliases: at('root/link.json'), size: '64' });
    assert.ok(job.kind === 'benchmark');
    assert.deepEqual(job.set, { aliases: JSON.stringify(at('root/names.json')), size: '64' });
  });

  it('may name no others, however they are written', () => {
    const outside = { code: 'OUTSIDE_ROOTS', message: /^set\.(aliases|list): / };
    for (const written of [at('other/names.json'), `'${at('other/names.json')}'`, at('root/../other/names.json')]) {
      assert.throws(() => prepared('out-of-domain', { aliases: written }), outside, written);
      assert.throws(() => prepared('low-shot', { list: written }), outside, written);
    }
    assert.throws(() => prepared('low-shot', { list: at('root/data') }), { code: 'PATH_NOT_FOUND' });
    assert.throws(() => prepared('low-shot', { list: 'names.json' }), { code: 'INVALID_JOB' });
  });

  it('may name a folder, in which no link leads out', async () => {
    mkdirSync(at('root/bert'));
    const job = prepared('hateful-memes', { textModel: at('root/bert') });
    await checkFolders(job, roots, at('root'));
    symlinkSync(at('other/names.json'), at('root/bert/vocabulary.json'));
    await assert.rejects(checkFolders(job, roots, at('root')), { code: 'OUTSIDE_ROOTS', message: /^set\.textModel: / });
  });

  it('are looked at in evaluations during a training too', async () => {
    const training = (evaluation: Record<string, unknown>) => {
      const one = { name: 'probe', protocol: 'knn', data: at('root/data'), everyIterations: 5, ...evaluation };
      const set = { evaluations: JSON.stringify([one]) };
      const job: TrainingJob = { kind: 'training', id: 'one', preset: 'tiny', data: at('root/data'), set };
      return prepare(job, roots, at('root'), { folder: null, brokers: null });
    };
    const job = training({});
    assert.ok(job.kind === 'training' && job.config.evaluations[0]!.data === at('root/data'));
    await checkFolders(job, roots, at('root'));
    const outside = { code: 'OUTSIDE_ROOTS' };
    assert.throws(() => training({ data: at('other') }), { ...outside, message: /^evaluations\.probe\.data/ });
    assert.throws(() => training({ protocol: 'low-shot', set: { list: at('other/names.json') } }), outside);
    mkdirSync(at('root/faces'));
    symlinkSync(at('other'), at('root/faces/out'));
    await assert.rejects(checkFolders(training({ data: at('root/faces') }), roots, at('root')), outside);
  });

  it('write below the folder of results alone', () => {
    const job = prepared('geolocalisation', { folder: at('root/results/tuned') });
    assert.ok(job.kind === 'benchmark');
    for (const folder of [at('other/tuned'), at('root/../other'), 'tuned']) {
      assert.throws(() => prepared('geolocalisation', { folder }), {
        code: 'OUTSIDE_ROOTS',
        message: /^set\.folder: /,
      });
    }
  });

  it('are looked at again when they begin', async () => {
    const job = prepared('out-of-domain', { aliases: at('root/names.json') });
    await checkFolders(job, roots, at('root'));
    rmSync(at('root/names.json'));
    symlinkSync(at('other/names.json'), at('root/names.json'));
    await assert.rejects(checkFolders(job, roots, at('root')), { code: 'OUTSIDE_ROOTS' });
  });

  it('have no option that sounds like a path and is not looked at', () => {
    const paths = /alias|list|file|folder|path|dir|model$|database/i;
    for (const { name, options, paths: known = {} } of PROTOCOLS) {
      const keys = Object.keys(options.parse({}) as object);
      for (const key of keys.filter((key) => paths.test(key))) assert.ok(known[key], `${name}: ${key}`);
    }
  });
});
