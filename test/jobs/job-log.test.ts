/** What is kept of what a job's process says. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { JobLog } from '../../services/jobs/job-log.ts';
import { describeRecord, isWanted, parseLogLine } from '../../services/logs/log-record.ts';

describe('job log', () => {
  let folder: string;
  let file: string;
  const warnings: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-joblog-'));
    file = path.join(folder, 'log.jsonl');
    warnings.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const begin = (attempt: number, maximumBytes?: number) =>
    new JobLog(file, { job: 'one', attempt, maximumBytes, onWarning: (message) => warnings.push(message) });
  const records = () =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('keeps events, text and errors of all attempts, each with its level', () => {
    const first = begin(1);
    first.started(7, ['train', '--resume']);
    first.said('{"event":"checkpoint","step":20,"path":"/x"}');
    first.said('{"event":"warning","message":"odd"}');
    first.said('no JSON');
    first.saidAsText('warning: slow');
    first.saidAsText('error DISK_FULL: no room');
    first.saidAsText('');
    first.ended({ kind: 'failed', code: 'DISK_FULL', message: 'no room' });
    first.close();
    const second = begin(2);
    second.said('{"status":"finished","steps":40}');
    second.close();
    const found = records().map(({ time: _, ...rest }) => rest);
    assert.deepEqual(found, [
      { level: 'info', msg: 'started', command: 'train', pid: 7, job: 'one', attempt: 1 },
      { level: 'info', msg: 'checkpoint', step: 20, path: '/x', job: 'one', attempt: 1 },
      { level: 'warn', msg: 'odd', event: 'warning', job: 'one', attempt: 1 },
      { level: 'info', msg: 'no JSON', job: 'one', attempt: 1 },
      { level: 'warn', msg: 'slow', stream: 'stderr', job: 'one', attempt: 1 },
      { level: 'error', msg: 'no room', code: 'DISK_FULL', stream: 'stderr', job: 'one', attempt: 1 },
      { level: 'error', msg: 'no room', event: 'failed', code: 'DISK_FULL', job: 'one', attempt: 1 },
      { level: 'info', msg: 'result', status: 'finished', steps: 40, job: 'one', attempt: 2 },
    ]);
    assert.deepEqual(warnings, []);
  });

  it('says how many steps and characters it left out', () => {
    const log = begin(1);
    for (let step = 1; step <= 5; step++) log.said(JSON.stringify({ event: 'step', step, loss: 1 }));
    log.said('x'.repeat(20_000));
    log.close();
    const [step, long, last] = records();
    assert.deepEqual([step.msg, step.step, step.level], ['step', 1, 'debug']);
    assert.equal(long.msg.length + long.charactersLeftOut, 20_000);
    assert.deepEqual([last.msg, last.leftOut, last.step], ['step', 3, 5]);
  });

  it('warns once where it cannot be written, and counts what is missing when it can again', () => {
    mkdirSync(file);
    const log = begin(1);
    for (let i = 0; i < 3; i++) log.said(`lost ${i}`);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /EISDIR.*goes on without its log/);
    rmSync(file, { recursive: true });
    log.said('back');
    log.close();
    assert.deepEqual(
      records().map(({ msg, lost }) => [msg, lost]),
      [
        ['lines could not be written here', 3],
        ['back', undefined],
      ],
    );
    assert.equal(warnings.length, 1);
  });

  it('says what was deleted when it is full', () => {
    const log = begin(1, 2000);
    for (let i = 0; i < 100; i++) log.said(`line ${i}`);
    log.close();
    assert.ok(existsSync(path.join(folder, 'log.1.jsonl')));
    const [first, ...rest] = records();
    assert.match(first.msg, /deleted/);
    assert.ok(first.cut.lines > 50);
    assert.equal(rest.at(-1).msg, 'line 99');
  });

  it('is shown by level and attempt; what is no record is shown as it stands, without control characters', () => {
    const line = '{"time":"t","level":"warn","job":"one","attempt":2,"msg":"odd","path":"a b","step":3}';
    const record = parseLogLine(line);
    assert.equal(describeRecord(record), 't warn  #2 odd path="a b" step=3');
    assert.ok(isWanted(record, { level: 'info' }) && isWanted(record, { level: 'warn', attempt: 2 }));
    assert.ok(!isWanted(record, { level: 'error' }) && !isWanted(record, { level: 'info', attempt: 1 }));
    assert.equal(describeRecord(parseLogLine('\u001b[2Jboo')), 'warn  \\u001b[2Jboo');
  });
});
