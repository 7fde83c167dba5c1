/** `auspex top`: what it shows for given jobs, what keys do, and the whole on a real terminal. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters as strip } from 'node:util';
import { openEmbeddedBus } from '../../../services/bus/embedded.ts';
import type { MessageBus } from '../../../services/bus/message-bus.ts';
import { age, tableOf } from '../../../services/cli/top/columns.ts';
import { cpuTimes, shareBetween } from '../../../services/cli/top/machine.ts';
import { byInterest, type Picture } from '../../../services/cli/top/picture.ts';
import { press, START, type TopState, withJobs } from '../../../services/cli/top/state.ts';
import { screenOf } from '../../../services/cli/top/view.ts';
import { type EventDetail, encodeEvent } from '../../../services/jobs/events.ts';
import type { JobState } from '../../../services/jobs/job-states.ts';
import { decodeJob, isBadJob, keyOf } from '../../../services/jobs/messages.ts';
import { createMissingTopics, TOPICS } from '../../../services/jobs/topics.ts';
import { readAll } from '../../jobs/serving.ts';
import { command } from './built.ts';
import { auspex } from './run.ts';

const ESCAPE = '\u001b';
const TIME = '2026-01-01T01:00:00.000Z';

function job(id: string, state: JobState['state'], more: Partial<JobState> = {}): JobState {
  const progress = { step: 5, total: 20, loss: 3.25, imagesPerSecond: 41.26 };
  const rest = { digest: 'd', code: null, message: null, result: null, parent: null, worse: null, sequence: 3 };
  return {
    id,
    work: 'training',
    state,
    attempts: 2,
    ...progress,
    time: TIME,
    ...rest,
    created: '2026-01-01T00:00:00.000Z',
    ...more,
  };
}

function pictureWith(jobs: readonly JobState[]): Picture {
  const machine = { cpu: 0.42, processors: 2, memoryUsedBytes: 2 ** 30, memoryBytes: 2 ** 32 };
  return { time: TIME, bus: 'embedded in bus', machine, jobs };
}

describe('top, what it shows', () => {
  it('has all columns where there is room, and the important ones on 40 columns', () => {
    const jobs = [
      job('a-job-with-a-long-name', 'running'),
      job('b', 'queued', { step: null, total: null, loss: null }),
    ];
    const wide = tableOf(jobs, 120, Date.parse(TIME));
    assert.deepEqual(strip(wide.title).trim().split(/ +/), [
      'job',
      'state',
      'progress',
      'done',
      'step',
      'images/s',
      'loss',
      'attempts',
      'age',
    ]);
    assert.match(
      strip(wide.rows[0]!),
      /^a-job-with-a-long-name running {3}━━━─{9} {2}25 % +5\/20 +41\.3 +3\.250 +2 +1h$/,
    );
    assert.match(strip(wide.rows[1]!), /^b +queued +- +- +41\.3 +- +2 +1h$/);
    for (const width of [40, 30, 20, 10]) {
      const narrow = tableOf(jobs, width, Date.parse(TIME));
      for (const row of [narrow.title, ...narrow.rows])
        assert.ok(strip(row).length <= width, `${width}: ${strip(row)}`);
    }
    assert.match(strip(tableOf(jobs, 38, Date.parse(TIME)).rows[0]!), /^a-job-\S*… running +25 % +3\.250/);
  });

  it('has as many lines as the terminal, with the selected job in sight', () => {
    const jobs = Array.from({ length: 30 }, (_, i) => job(`job-${i}`, 'running'));
    for (const at of [0, 15, 29]) {
      const state = { ...START, selected: `job-${at}` };
      const lines = screenOf(pictureWith(jobs), state, undefined, { columns: 60, rows: 10 }).map(strip);
      assert.equal(lines.length, 10);
      assert.ok(
        lines.some((line) => line.startsWith(`> job-${at} `)),
        lines.join('\n'),
      );
      assert.match(lines[0]!, /^CPU 42 % of 2/);
    }
    assert.equal(screenOf(pictureWith(jobs), START, undefined, { columns: 5, rows: 2 }).length, 2);
  });

  it('puts what is active first, and what has ended by when', () => {
    const jobs = [
      job('old', 'succeeded', { time: '2026-01-01T00:01:00.000Z' }),
      job('new', 'failed', { time: '2026-01-01T00:02:00.000Z' }),
      job('queued', 'queued'),
      job('second', 'running', { created: '2026-01-01T00:00:02.000Z' }),
      job('first', 'running', { created: '2026-01-01T00:00:01.000Z' }),
    ];
    const order = jobs.sort(byInterest).map(({ id }) => id);
    assert.deepEqual(order, ['first', 'second', 'queued', 'new', 'old']);
  });

  it('measures the share of time that processors were busy', () => {
    const before = cpuTimes('cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2');
    const now = cpuTimes('cpu  160 0 80 860 100 0 0 0 0 0\n');
    assert.equal(shareBetween(before, now), 90 / 200);
    assert.equal(shareBetween(undefined, now), null);
    assert.equal(cpuTimes(''), undefined);
    assert.deepEqual([0, 59, 60, 3600, 90_000].map(age), ['0s', '59s', '1m', '1h', '1d']);
  });
});

describe('top, what keys do', () => {
  const jobs = [job('one', 'running'), job('two', 'succeeded')];
  const after = (keys: readonly string[], from: TopState = withJobs(START, jobs)) => {
    let effects: readonly unknown[] = [];
    let state = from;
    for (const name of keys) {
      const [next, effect] = press(state, { name }, jobs);
      state = next;
      if (effect) effects = [...effects, effect];
    }
    return { ...state, effects };
  };

  it('moves within the jobs, opens and closes', () => {
    assert.equal(after([]).selected, 'one');
    assert.equal(after(['down', 'down', 'down']).selected, 'two');
    assert.equal(after(['down', 'up', 'up']).selected, 'one');
    assert.equal(after(['return']).isOpen, true);
    assert.equal(after(['return', 'escape']).isOpen, false);
    assert.equal(withJobs({ ...START, selected: 'gone', isOpen: true }, jobs).isOpen, false);
  });

  it('cancels only after a yes, and only what runs or waits', () => {
    assert.deepEqual(after(['c']).effects, []);
    assert.equal(after(['c']).asking, true);
    assert.deepEqual(after(['c', 'y']).effects, [{ kind: 'cancel', job: 'one' }]);
    assert.deepEqual(after(['c', 'n', 'y']).effects, []);
    assert.deepEqual(after(['c', 'q']).effects, []);
    assert.match(after(['down', 'c']).note!, /two has ended/);
  });

  it('quits by q and by Ctrl-C', () => {
    assert.deepEqual(after(['q']).effects, [{ kind: 'quit' }]);
    assert.deepEqual(press(after(['c']), { name: 'c', ctrl: true }, jobs)[1], { kind: 'quit' });
  });
});

interface Step {
  readonly expect: string;
  readonly send?: string;
  readonly signal?: string;
  readonly resize?: readonly [columns: number, rows: number];
}

interface Shown {
  readonly code: number;
  readonly output: string;
  readonly missed: string | null;
  readonly restored: boolean;
}

describe('top on a terminal', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-top-'));
  const busFolder = path.join(folder, 'bus');
  const outRoot = path.join(folder, 'results');
  let bus: MessageBus;
  before(async () => {
    bus = openEmbeddedBus(busFolder);
    await createMissingTopics(bus);
    const tell = async (id: string, details: readonly EventDetail[]) => {
      const messages = details.map((detail, i) => ({
        key: keyOf(id),
        value: encodeEvent({ ...detail, job: id, sequence: i + 1, time: new Date().toISOString() }),
      }));
      await bus.publish(TOPICS.events, messages);
    };
    const accepted: EventDetail = { kind: 'accepted', work: 'training', digest: 'd', source: 'jobs:0:0' };
    await tell('ended', [accepted, { kind: 'failed', code: 'X', message: 'x', willRetry: false, retryAt: '' }]);
    await tell('busy', [
      accepted,
      { kind: 'started', attempt: 1, resumed: false },
      { kind: 'progress', step: 30, total: 40, loss: 2.5, imagesPerSecond: 31.5 },
    ]);
    mkdirSync(path.join(outRoot, 'busy'), { recursive: true });
    const line = { time: TIME, level: 'info', job: 'busy', attempt: 1, msg: 'a line of the log' };
    writeFileSync(path.join(outRoot, 'busy', 'log.jsonl'), `${JSON.stringify(line)}\n`);
  });
  after(async () => {
    await bus.close();
    rmSync(folder, { recursive: true });
  });

  const args = ['top', '--bus-folder', busFolder, '--out-root', outRoot];

  function onTerminal(steps: readonly Step[], size: readonly [number, number] = [100, 24], environment = {}): Shown {
    const request = {
      ...{ size, steps, seconds: 40 },
      command: [process.execPath, command, ...args],
      environment: { TERM: 'xterm-256color', ...environment },
    };
    const script = path.join(import.meta.dirname, 'terminal.py');
    const { stdout, stderr } = spawnSync('python3', [script, JSON.stringify(request)], { encoding: 'utf8' });
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout);
  }
  function needPython(context: Mocha.Context): void {
    if (spawnSync('python3', ['--version']).status === 0) return;
    console.log('      skipped: no python3 for a terminal');
    context.skip();
  }
  /** The pictures that were drawn, as lines without control sequences. */
  const framesOf = ({ output }: Shown) =>
    output
      .split(`${ESCAPE}[H`)
      .slice(1)
      .map((frame) => strip(frame).replaceAll('\r', '').split('\n'));

  function assertLeft({ output, restored }: Shown): void {
    assert.ok(output.includes(`${ESCAPE}[?1049h`));
    // Nothing is drawn after the second screen is left, and cursor and keys are as before.
    const [, ...rest] = output.split(`${ESCAPE}[?7h${ESCAPE}[?25h${ESCAPE}[?1049l`);
    assert.equal(rest.length, 1, 'it is left once');
    assert.ok(!rest[0]!.includes(ESCAPE), rest[0]);
    assert.ok(restored, 'the terminal has its settings back');
  }

  it('selects, opens, shows events and log, cancels after a yes, and quits', async function () {
    needPython(this);
    const shown = onTerminal([
      { expect: '> busy', send: '\u001b[B' },
      { expect: '> ended', send: 'c' },
      { expect: 'ended has ended', send: '\u001b[A' },
      { expect: '> busy', send: '\r' },
      { expect: '30 of 40, loss 2\\.500[\\s\\S]*a line of the log', send: 'c' },
      { expect: 'Cancel busy\\? y/n', send: 'y' },
      { expect: 'Asked for the end of busy', send: 'q' },
    ]);
    assert.equal(shown.missed, null, shown.output);
    assert.equal(shown.code, 0);
    assertLeft(shown);
    const asked = await readAll(bus, TOPICS.jobs);
    assert.equal(asked.length, 1);
    const message = decodeJob(asked[0]!);
    assert.ok(!isBadJob(message) && message.kind === 'cancellation' && message.job === 'busy');
  });

  it('gives the terminal back on Ctrl-C and on every signal', function () {
    needPython(this);
    const ends = [
      [{ expect: '> busy', send: '\u0003' }, 0],
      [{ expect: '> busy', signal: 'SIGINT' }, 130],
      [{ expect: '> busy', signal: 'SIGTERM' }, 143],
      [{ expect: '> busy', signal: 'SIGHUP' }, 129],
    ] as const;
    for (const [step, code] of ends) {
      const shown = onTerminal([step]);
      assert.equal(shown.code, code, JSON.stringify(step));
      assertLeft(shown);
    }
  });

  it('fits into 40 columns, draws anew when the size changes, and has no colours with NO_COLOR', function () {
    needPython(this);
    const steps = [
      { expect: '> busy', resize: [40, 8] as const },
      { expect: '(c cancel[\\s\\S]*){2}', send: 'q' },
    ];
    const shown = onTerminal(steps, [100, 24], { NO_COLOR: '1' });
    assert.equal(shown.missed, null, shown.output);
    const frames = framesOf(shown);
    assert.equal(frames[0]!.length, 24);
    const narrow = frames.find((lines) => lines.length === 8)!;
    assert.ok(narrow, 'drawn in the new size');
    for (const line of narrow) assert.ok(line.length <= 40, line);
    assert.ok(
      narrow.some((line) => /^> busy +running +75 % +2\.500/.test(line)),
      narrow.join('\n'),
    );
    assert.ok(!shown.output.split(ESCAPE).some((rest) => /^\[[\d;]*m/.test(rest)));
  });

  it('prints one picture where there is no terminal, and as JSON', () => {
    const { code, stdout } = auspex(args);
    assert.equal(code, 0);
    assert.match(stdout, /^CPU \d+ % of \d+ .*\n1 running, 0 waiting, 2 jobs .*\n\njob .*\nbusy +running/);
    assert.ok(!stdout.includes(ESCAPE));
    const picture = auspex([...args, '--json']).json<Picture>();
    assert.deepEqual(
      picture.jobs.map(({ id, state, step }) => [id, state, step]),
      [
        ['busy', 'running', 30],
        ['ended', 'failed', null],
      ],
    );
    assert.ok(picture.machine.memoryBytes > picture.machine.memoryUsedBytes);
  });
});
