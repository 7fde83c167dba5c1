/** What a logger writes, as text and as JSON lines. */
import assert from 'node:assert/strict';
import { createLogger, type LogFormat, type LogLevel } from '../../services/logs/logger.ts';

function linesOf(format: LogFormat, level: LogLevel) {
  const lines: string[] = [];
  return { lines, log: createLogger({ format, level, write: (line) => void lines.push(line) }) };
}

describe('logger', () => {
  it('writes text for people, warnings and errors marked as such, from the level on', () => {
    const { lines, log } = linesOf('text', 'info');
    log.debug('hidden');
    log.info('Serving.', { port: 1 });
    log.warn('careful');
    log.error('broken');
    assert.deepEqual(lines, ['Serving.\n', 'warning: careful\n', 'error: broken\n']);
  });

  it('writes JSON lines with time, level, message and fields, those of the logger above a line’s own', () => {
    const { lines, log } = linesOf('json', 'warn');
    const inner = log.with({ component: 'jobs' }).with({ job: 'one' });
    inner.info('hidden');
    inner.warn('100 % odd %s', { job: 'two', attempt: 3, time: 'mine', msg: 'mine too' });
    assert.equal(lines.length, 1);
    const { time, ...rest } = JSON.parse(lines[0]!);
    assert.equal(new Date(time).toISOString(), time);
    assert.deepEqual(rest, {
      ...{ level: 'warn', msg: '100 % odd %s', component: 'jobs', job: 'one', attempt: 3 },
      ...{ _time: 'mine', _msg: 'mine too' },
    });
    // Each name once: a parser would take the last of two.
    for (const name of ['time', 'level', 'msg', 'job'])
      assert.equal(lines[0]!.split(`"${name}":`).length, 2, `${name} in ${lines[0]}`);
  });

  it('hides secrets, in fields at any of three depths and in addresses', () => {
    const { lines, log } = linesOf('json', 'info');
    log.info('cannot reach s3://key:hunter2@host/bucket', {
      token: 'hunter2',
      client: { password: 'hunter2', sasl: { password: 'hunter2' }, brokers: ['b:1'] },
      request: { headers: { authorization: 'hunter2', accept: '*/*' } },
    });
    assert.doesNotMatch(lines.join(''), /hunter2/);
    const { request, client, msg } = JSON.parse(lines[0]!);
    assert.equal(msg, 'cannot reach s3://***@host/bucket');
    assert.equal(request.headers.accept, '*/*');
    assert.deepEqual(client.brokers, ['b:1']);
  });

  it('hides secrets of addresses in text too', () => {
    const { lines, log } = linesOf('text', 'info');
    log.info('http://me:hunter2@host');
    assert.deepEqual(lines, ['http://***@host\n']);
  });
});
