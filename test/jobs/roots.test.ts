/** Which files jobs may use. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Roots } from '../../services/jobs/roots.ts';
import { temporaryFolder } from '../training/tiny-training.ts';

describe('roots of jobs', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  let roots: Roots;
  before(() => {
    for (const folder of ['root/photos/deep', 'root-two', 'other/secret', 'loop/a'])
      mkdirSync(at(folder), { recursive: true });
    writeFileSync(at('root/config.yaml'), 'preset: tiny\n');
    writeFileSync(at('other/secret/x.jpg'), '');
    symlinkSync(at('root'), at('alias'));
    symlinkSync(at('other'), at('root/out'));
    symlinkSync('photos', at('root/inside'));
    roots = new Roots([at('alias')]);
  });
  after(() => temporary.remove());

  const outside = { code: 'OUTSIDE_ROOTS' };

  it('give the folder without links', () => {
    assert.equal(roots.folder('data', at('alias/photos/../photos')), at('root/photos'));
    assert.equal(roots.folder('data', at('root/inside/deep')), at('root/photos/deep'));
    assert.equal(roots.file('config', at('root/config.yaml')), at('root/config.yaml'));
  });

  it('refuse what lies elsewhere, by dots, by a link, or by a name that only begins alike', () => {
    for (const folder of ['root/../other', 'other', 'root/out', 'root/out/secret', 'root-two']) {
      assert.throws(
        () => roots.folder('data', at(folder)),
        { ...outside, message: /^data: .*does not lie below/ },
        folder,
      );
    }
    assert.throws(() => roots.folder('data', '/'), outside);
    assert.throws(() => roots.folder('data', at('other/missing')), outside);
  });

  it('say what is not there, or not what it should be', () => {
    assert.throws(() => roots.folder('data', at('root/missing')), { code: 'PATH_NOT_FOUND' });
    assert.throws(() => roots.folder('data', at('alias/missing/deep')), { code: 'PATH_NOT_FOUND' });
    assert.throws(() => roots.folder('data', at('root/config.yaml')), { code: 'PATH_NOT_FOUND' });
    assert.throws(() => roots.file('config', at('root/photos')), { code: 'PATH_NOT_FOUND' });
    assert.throws(() => roots.folder('data', 'root/photos'), { code: 'INVALID_JOB', message: /absolute/ });
    execFileSync('mkfifo', [at('root/pipe')]);
    assert.throws(() => roots.file('config', at('root/pipe')), { code: 'PATH_NOT_FOUND' });
    assert.throws(() => new Roots([at('missing')]), { code: 'BAD_ROOT' });
    assert.throws(() => new Roots([at('root/config.yaml')]), { code: 'BAD_ROOT' });
  });

  it('find links that lead out, however deep, and follow those that stay', async () => {
    symlinkSync(at('root/photos'), at('root/photos/deep/circle'));
    symlinkSync(at('nowhere'), at('root/photos/deep/dangling'));
    await roots.checkLinks('data', at('root/photos'));
    symlinkSync(at('other/secret/x.jpg'), at('root/photos/deep/x.jpg'));
    await assert.rejects(roots.checkLinks('data', at('root/photos')), outside);
    // By way of a link that stays inside.
    mkdirSync(at('root/linked'));
    symlinkSync(at('root/photos/deep'), at('root/linked/photos'));
    await assert.rejects(roots.checkLinks('data', at('root/linked')), outside);
  });

  it('find prepared datasets whose images lie elsewhere, and follow those whose images do not', async () => {
    mkdirSync(at('root/prepared'));
    mkdirSync(at('root/download'));
    const prepare = (files: string) => {
      const about = { name: 'digits', partial: false, classes: 10, splits: {}, unusable: [] };
      const record = { formatVersion: 1, files, terms: { name: '', where: '' }, ...about };
      writeFileSync(at('root/prepared/dataset.json'), JSON.stringify(record));
    };
    for (const files of [at('other/secret'), '../../other/secret']) {
      prepare(files);
      await assert.rejects(roots.checkLinks('data', at('root/prepared')), outside, files);
    }
    for (const files of ['../download', at('root/download'), '../../nowhere']) {
      prepare(files);
      await roots.checkLinks('data', at('root/prepared'));
    }
    symlinkSync(at('other/secret/x.jpg'), at('root/download/x.jpg'));
    prepare('../download');
    await assert.rejects(roots.checkLinks('data', at('root/prepared')), outside);
  });
});
