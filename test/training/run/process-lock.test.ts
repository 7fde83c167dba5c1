import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { takeLock } from '../../../training/run/process-lock.ts';
import { temporaryFolder } from '../tiny-training.ts';

const STEPS = ['readFileSync', 'writeFileSync', 'linkSync', 'renameSync', 'rmSync'] as const;

describe('the lock of a process', () => {
  const temporary = temporaryFolder();
  const file = path.join(temporary.path, 'run.lock');
  after(() => temporary.remove());
  afterEach(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });

  /** Three hosts take a lock of a dead owner: the second before this step of all, the third before that. */
  function contend(second: number, third: number): { readonly holders: string[]; readonly steps: number } {
    const holders: string[] = [];
    let host = '';
    let steps = 0;
    mock.method(os, 'hostname', () => host);
    for (const name of STEPS) {
      const step = fs[name] as (...values: unknown[]) => unknown;
      mock.method(fs, name, (...values: unknown[]) => {
        steps += 1;
        if (steps === second) take('second');
        if (steps === third) take('third');
        return step(...values);
      });
    }
    syncBuiltinESMExports();
    take('first');
    mock.restoreAll();
    syncBuiltinESMExports();
    return { holders, steps };

    function take(as: string): void {
      const before = host;
      host = as;
      try {
        takeLock(file, ({ who }) => new Error(who));
        holders.push(as);
      } catch (error) {
        assert.match((error as Error).message, /^(a process|process \d+( on \w+)?)$/);
      } finally {
        host = before;
      }
    }
  }

  it('has one holder of three that find a dead one, however their steps fall together', () => {
    for (let second = 1, steps = second; second <= steps; second++) {
      for (let third = second + 1; third <= steps + 1; third++) {
        for (const left of fs.readdirSync(temporary.path)) fs.rmSync(path.join(temporary.path, left));
        fs.writeFileSync(file, '\0\0');
        const contended = contend(second, third);
        steps = contended.steps;
        const when = `before steps ${second} and ${third} of ${steps}`;
        assert.equal(contended.holders.length, 1, `${contended.holders} hold it: ${when}`);
        assert.equal(JSON.parse(fs.readFileSync(file, 'utf8')).host, contended.holders[0], when);
        assert.deepEqual(fs.readdirSync(temporary.path), ['run.lock'], when);
      }
    }
  });

  it('is taken over from an owner that ended while it took it over itself', () => {
    for (const left of ['', '.turn', '.turn.turn']) fs.writeFileSync(`${file}${left}`, '\0\0');
    takeLock(file, ({ who }) => new Error(who)).release();
    assert.deepEqual(fs.readdirSync(temporary.path), []);
  });
});
