/** `auspex train` as a user and as a program see it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { stringify } from 'yaml';
import { readMetrics, readRun } from '../../../training/run/run-folder.ts';
import { TINY, temporaryFolder, writePhotos } from '../../training/tiny-training.ts';
import { auspex, startAuspex } from './run.ts';

describe('auspex train', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const [data, config] = [at('photos'), at('tiny.yaml')];
  before(async () => {
    await writePhotos(data, 16);
    writeFileSync(config, stringify(TINY));
  });
  after(() => temporary.remove());

  const linesOf = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('--json: JSON lines and nothing else, the result last, names in camelCase', () => {
    const out = at('json');
    writeFileSync(at('photos', 'broken.jpg'), 'nothing');
    const { code, stdout, stderr } = auspex(
      ['train', config, '--data', data, '--out', out, '--json', '--set', 'training.iterations=4'].concat(
        ...['data.maximumSkippedShare=0.2', 'data.heldOutShare=0.2'].map((set) => ['--set', set]),
      ),
    );
    assert.deepEqual([code, stderr], [0, '']);
    const lines = linesOf(stdout);
    const result = lines.pop()!;
    assert.deepEqual(
      lines.map(({ event }) => event).filter((event) => event !== 'skipped' && event !== 'processes'),
      ['start', 'step', 'step', 'step', 'step', 'quality', 'checkpoint'],
    );
    const skipped = lines.find(({ event }) => event === 'skipped');
    assert.equal(skipped?.['image'], 'broken.jpg');
    assert.deepEqual(
      [result['status'], result['steps'], result['out'], result['skippedImages']],
      ['finished', 4, out, 1],
    );
    assert.ok(existsSync(result['page'] as string) && existsSync(result['checkpoint'] as string));
    const names = (value: unknown): string[] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([name, inner]) => [...(Array.isArray(value) ? [] : [name]), ...names(inner)])
        : [];
    for (const name of names([...lines, result])) assert.match(name, /^[a-z][a-zA-Z0-9]*$/);
  });

  it('for people: text, a page that shows the run, and where things are', () => {
    const out = at('text');
    const { code, stdout } = auspex(['train', config, '--data', data, '--out', out, '--set', 'training.iterations=2']);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^Finished after 2 steps, loss \d\.\d+\.\nCheckpoint: .*step-00000002\nPage: .*run\.html\nSteps waited \d+\.\d % of the time for checkpoints\.\n$/,
    );
    assert.match(readFileSync(path.join(out, 'run.html'), 'utf8'), /<html/);
  });

  it('an interrupted run saves, exits with 0 and says how to go on; --resume finishes it', async () => {
    const out = at('stopped run');
    const args = ['train', config, '--data', data, '--out', out, '--json', '--set', 'training.iterations=400'];
    const child = startAuspex(args);
    let stdout = '';
    let interrupted = false;
    for await (const chunk of child.stdout) {
      stdout += chunk;
      if (interrupted || !stdout.includes('"step":2,')) continue;
      interrupted = true;
      child.kill('SIGINT');
      // Under npx it comes twice: from the terminal, and from npx, which passes it on.
      await setTimeout(20);
      child.kill('SIGINT');
    }
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 0);
    const result = linesOf(stdout).at(-1)!;
    const steps = result['steps'] as number;
    assert.equal(result['status'], 'stopped');
    assert.ok(steps >= 2 && steps < 400);
    assert.equal(result['resumeWith'], `auspex train --resume --out '${out}'`);
    assert.equal(readRun(out)?.status, 'stopped');
    assert.equal(path.basename(result['checkpoint'] as string), `step-${String(steps).padStart(8, '0')}`);

    const file = path.join(out, 'config.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('iterations: 400', `iterations: ${steps + 2}`));
    const resumed = auspex(['train', '--resume', '--out', out, '--json']);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(resumed.json<{ status: string }>().status, 'finished');
    assert.deepEqual(
      readMetrics(out).map(({ step }) => step),
      Array.from({ length: steps + 2 }, (_, i) => i + 1),
    );
  });

  it('what cannot be is one line that says what to do, and an exit code', () => {
    mkdirSync(at('empty'));
    const refusals: [args: string[], code: number, error: RegExp][] = [
      [['--preset', 'tinny', '--data', data], 1, /^error UNKNOWN_PRESET: .*the nearest is "tiny"/],
      [[config, '--set', 'loss.epsilom=1'], 1, /^error CONFIG_UNKNOWN_KEY: .*nearest is "loss\.epsilon"/],
      [[config], 1, /^error NO_DATA: .*--data DIR/],
      [[config, '--data', data, '--out', '/proc/nowhere/run'], 1, /^error RUN_FOLDER_\w+: \/proc\/nowhere/],
      [['--resume', '--out', at('empty')], 1, /^error CONFIG_UNREADABLE: .*config\.yaml/],
      [['--resume', '--out', data, '--set', 'training.seed=1'], 2, /^error USAGE: .*leave out/],
    ];
    for (const [args, code, error] of refusals) {
      const refused = auspex(['train', ...args]);
      assert.equal(refused.code, code, args.join(' '));
      assert.match(refused.stderr, error);
      assert.match(refused.stderr, /^[^\n]*\n$/);
      assert.equal(refused.stdout, '');
    }
  });
});
