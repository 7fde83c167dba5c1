/** Evaluations beside a training: when they run, what is written down, and that the training is none the worse for them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Metric } from '../../../evals/result.ts';
import type { ResolvedConfig } from '../../../training/config/config.ts';
import {
  type EvaluationRecord,
  readEvaluations,
  type WorseRecord,
} from '../../../training/evaluations/evaluation-records.ts';
import type { EvaluationRequest, EvaluationRunner } from '../../../training/evaluations/evaluations.ts';
import { type WithEvaluationsOptions, withEvaluations } from '../../../training/evaluations/with-evaluations.ts';
import { writeRunPage } from '../../../training/run-page/write-run-page.ts';
import { writeRunPageAside } from '../../../training/run-page/write-run-page-aside.ts';
import { type TrainingEvent, type TrainOptions, type TrainResult, train } from '../../../training/train.ts';
import { auspex } from '../../services/cli/run.ts';
import { outcome, temporaryFolder, tinyConfig, writePhotos } from '../tiny-training.ts';

const figure = (value: number, name = 'top1', of?: Metric['of']): Metric => ({
  ...{ name, value, low: value, high: value, count: 9 },
  ...(of && { of }),
});

describe('evaluations during training', function () {
  this.timeout(120_000);
  const temporary = temporaryFolder();
  const photos = path.join(temporary.path, 'photos');
  let runs = 0;
  before(() => writePhotos(photos, 24, ['a', 'b']));
  after(() => temporary.remove());

  type Given = Partial<ResolvedConfig['evaluations'][number]>;
  /** Eight steps, a checkpoint after every second. */
  function configOf(...evaluations: Given[]): ResolvedConfig {
    const given = evaluations.map((each, i) => ({
      ...{ name: `probe-${i}`, protocol: 'knn', data: photos, everyIterations: 4, ...each },
    }));
    const out = path.join(temporary.path, `run-${++runs}`);
    const set = [`evaluations=${JSON.stringify(given)}`, 'checkpoint.everyIterations=2', 'checkpoint.keepLast=9'];
    return tinyConfig(photos, out, ...set);
  }

  async function run(
    config: ResolvedConfig,
    runner: EvaluationRunner,
    options: TrainOptions = {},
    onEvent: (event: TrainingEvent) => unknown = () => undefined,
    more: Partial<WithEvaluationsOptions> = {},
  ): Promise<{ events: TrainingEvent[]; result: TrainResult; records: ReturnType<typeof readEvaluations> }> {
    const events: TrainingEvent[] = [];
    const training = withEvaluations(train(config, options), config, { run: runner, signal: options.signal, ...more });
    for (;;) {
      const next = await training.next();
      if (next.done) {
        return { events, result: next.value, records: readEvaluations(config.training.out!) };
      }
      events.push(next.value);
      await onEvent(next.value);
      // Evaluations get their turn: steps of so small a training take no time.
      await sleep(2);
    }
  }

  /** Gives a value for each step. */
  const values = (by: Readonly<Record<number, number>>, asked: EvaluationRequest[] = []): EvaluationRunner => {
    return async (request) => {
      asked.push(request);
      return [figure(by[stepOf(request)] ?? 0.5)];
    };
  };
  const stepOf = ({ checkpoint }: EvaluationRequest) => Number(/step-(\d+)$/.exec(checkpoint)![1]);
  const evaluated = (records: readonly { kind: string }[]) =>
    records.filter((record): record is EvaluationRecord => record.kind === 'evaluation');
  const worse = (records: readonly { kind: string }[]) =>
    records.filter((record): record is WorseRecord => record.kind === 'worse');

  it('evaluates the checkpoint of every k steps and the last one, with the figures in the records and the events', async () => {
    const asked: EvaluationRequest[] = [];
    const config = configOf({ everyIterations: 4 }, { name: 'rarely', everyIterations: 100 });
    const { records, events } = await run(config, values({ 4: 0.3, 8: 0.4 }, asked));
    assert.deepEqual(
      evaluated(records).map(({ name, step, status, metrics }) => [name, step, status, metrics![0]!.value]),
      [
        ['probe-0', 4, 'finished', 0.3],
        ['probe-0', 8, 'finished', 0.4],
        ['rarely', 8, 'finished', 0.4],
      ],
    );
    assert.deepEqual(evaluated(events), evaluated(records));
    const out = path.join(config.training.out!, 'evaluations', 'probe-0', 'step-00000004');
    assert.equal(asked[0]!.out, out);
  });

  it('leaves the training as it is without them, whatever becomes of them', async () => {
    const plain = configOf();
    const { result } = await run(plain, () => assert.fail());
    const reference = outcome(plain.training.out!, result.checkpoint!);
    const hang: EvaluationRunner = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
    const runners: [EvaluationRunner, RegExp][] = [
      [() => Promise.reject(new Error('the disk is on fire')), /the disk is on fire/],
      [hang, /longer than its budget of 0\.05 s/],
      [
        () => {
          throw new TypeError('a mistake');
        },
        /a mistake/,
      ],
    ];
    for (const [runner, reason] of runners) {
      const config = configOf({ budgetSeconds: 0.05 });
      const { records, result: own } = await run(config, runner);
      assert.equal(own.status, 'finished');
      const { config: _, ...same } = outcome(config.training.out!, own.checkpoint!) as { config?: unknown };
      const { config: __, ...wanted } = reference as { config?: unknown };
      assert.deepEqual(same, wanted);
      const failed = evaluated(records);
      assert.ok(failed.length > 0);
      for (const { status, reason: why } of failed) {
        assert.ok(status === 'failed' ? reason.test(why!) : status === 'skipped', `${status}: ${why}`);
      }
    }
  });

  it('raises an event where a watched figure is worse than the best before by more than its bound, and only there', async () => {
    const watch = [{ metric: 'top1', of: {}, better: 'higher' as const, bound: 0.1 }];
    const drop = await run(configOf({ everyIterations: 2, watch }), values({ 2: 0.5, 4: 0.7, 6: 0.65, 8: 0.55 }));
    const found = worse(drop.records);
    assert.deepEqual(
      found.map(({ step, value, best, bound }) => ({ step, value, best, bound })),
      [{ step: 8, value: 0.55, best: { step: 4, value: 0.7 }, bound: 0.1 }],
    );
    assert.deepEqual(worse(drop.events), found);
    const lower = [{ metric: 'top1', of: {}, better: 'lower' as const, bound: 0.1 }];
    const rise = await run(
      configOf({ everyIterations: 2, watch: lower }),
      values({ 2: 0.5, 4: 0.3, 6: 0.39, 8: 0.45 }),
    );
    assert.deepEqual(
      worse(rise.records).map(({ step }) => step),
      [8],
    );
    const none = await run(configOf({ everyIterations: 2, watch }), values({ 2: 0.5, 4: 0.4, 6: 0.45, 8: 0.41 }));
    assert.deepEqual(worse(none.records), [], 'exactly the bound is within it');
  });

  it('watches a figure of a group, and says where there is none', async () => {
    const of = { attribute: 'gender' };
    const watch = [
      { metric: 'P@1 difference', of, better: 'lower' as const, bound: 0.05 },
      { metric: 'nonsense', of: {}, better: 'lower' as const, bound: 0 },
    ];
    const { records, events } = await run(configOf({ watch }), async (request) => [
      figure(0.9),
      figure(0.9, 'P@1 difference', { attribute: 'age' }),
      figure(stepOf(request) === 4 ? 0.1 : 0.2, 'P@1 difference', { attribute: 'gender', highest: 'male' }),
    ]);
    assert.deepEqual(
      worse(records).map(({ value, of: what }) => [value, what]),
      [[0.2, of]],
    );
    const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
    assert.match(warnings.join('\n'), /probe-0 has no figure nonsense of \{\} to watch; it has top1, P@1 difference/);
  });

  it('is not overtaken by its own work: one at a time, and of those that wait the newest', async () => {
    let running = 0;
    let most = 0;
    const slow: EvaluationRunner = async () => {
      most = Math.max(most, ++running);
      await sleep(250);
      running--;
      return [figure(0.5)];
    };
    const { records } = await run(configOf({ everyIterations: 2 }, { everyIterations: 2, name: 'other' }), slow);
    assert.equal(most, 1);
    const of = (name: string) => evaluated(records).filter((record) => record.name === name);
    const skipped = of('probe-0').filter(({ status }) => status === 'skipped');
    assert.ok(skipped.length > 0, 'some had not begun in time');
    assert.match(skipped[0]!.reason!, /had not begun when the checkpoint of step \d was there/);
    for (const name of ['probe-0', 'other']) {
      assert.deepEqual(
        [...of(name)].sort((a, b) => a.step - b.step).map(({ step }) => step),
        [2, 4, 6, 8],
      );
      assert.equal(of(name).find(({ step }) => step === 8)!.status, 'finished');
    }
  });

  it('gives each evaluation its turn, however soon newer checkpoints come', async () => {
    const config = configOf({ everyIterations: 2, name: 'first' }, { everyIterations: 2, name: 'second' });
    const asked: string[] = [];
    let release: () => void = () => undefined;
    let isOver = false;
    const slow: EvaluationRunner = ({ evaluation: { name }, step }) => {
      asked.push(`${name} ${step}`);
      return new Promise((resolve) => {
        release = () => resolve([figure(0.5)]);
        if (isOver) release();
      });
    };
    // Once both wait with the checkpoint of step 4, one of them with an older place.
    let areWaiting = false;
    await run(config, slow, {}, (event) => {
      if (areWaiting) {
        isOver = true;
        release();
      }
      areWaiting ||= event.kind === 'checkpoint' && event.step === 4;
    });
    assert.deepEqual(asked.slice(0, 2), ['first 2', 'second 4']);
    assert.match(asked[2]!, /^first /);
    assert.deepEqual(asked.slice(-2).sort(), ['first 8', 'second 8']);
  });

  it('finds a checkpoint that retention has removed in the meantime, and keeps none longer than it takes', async () => {
    const config = configOf({ everyIterations: 2 });
    const short = { ...config, checkpoint: { ...config.checkpoint, keepLast: 1 } };
    const seen: boolean[] = [];
    const late: EvaluationRunner = async ({ checkpoint }) => {
      await sleep(100);
      seen.push(existsSync(path.join(checkpoint, 'trunk.safetensors')));
      return [figure(0.5)];
    };
    const { records } = await run(short, late);
    // Which ones, besides the last, depends on how soon the machine begins them.
    const finished = evaluated(records).filter(({ status }) => status === 'finished');
    assert.ok(finished.some(({ step }) => step < 8));
    assert.ok(seen.length > 1 && seen.every((isThere) => isThere));
    const checkpoints = path.join(config.training.out!, 'checkpoints');
    assert.ok(!existsSync(path.join(checkpoints, 'step-00000002')), 'the training kept but the last');
    assert.deepEqual(readdirSync(checkpoints).sort(), ['latest', 'step-00000008']);
  });

  it('ends with a training that is stopped, and goes on with the best before a resume', async () => {
    const watch = [{ metric: 'top1', of: {}, better: 'higher' as const, bound: 0.1 }];
    const config = configOf({ everyIterations: 2, watch });
    const stop = new AbortController();
    const waits: EvaluationRunner = ({ signal, checkpoint }) =>
      checkpoint.endsWith('2')
        ? Promise.resolve([figure(0.9)])
        : new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
    const first = await run(config, waits, { signal: stop.signal }, (event) => {
      if (event.kind === 'step' && event.step === 5) stop.abort();
    });
    assert.equal(first.result.status, 'stopped');
    const ended = evaluated(first.records).map(({ step, status }) => [step, status]);
    assert.deepEqual(ended[0], [2, 'finished']);
    assert.ok(
      ended.slice(1).every(([, status]) => status === 'stopped' || status === 'skipped'),
      `${ended}`,
    );
    const undone = readdirSync(path.join(config.training.out!, 'checkpoints')).filter((name) =>
      name.startsWith('eval'),
    );
    assert.deepEqual(undone, ['evaluated-probe-0'], 'what is undone is kept');
    const asked: EvaluationRequest[] = [];
    const second = await run(config, values({ 4: 0.85, 6: 0.85, 8: 0.7 }, asked), { resume: true });
    assert.equal(stepOf(asked[0]!), ended.at(-1)![0], 'what the stop has ended is taken up first');
    assert.deepEqual(
      worse(second.records).map(({ step, best }) => [step, best.step]),
      [[8, 2]],
    );
    assert.deepEqual(
      readdirSync(path.join(config.training.out!, 'checkpoints')).filter((name) => name.startsWith('eval')),
      [],
    );
  });

  it('is stopped in the wait at its end only where somebody resumes it, and then evaluates what was left', async () => {
    for (const resumes of [true, false]) {
      const config = configOf({ everyIterations: 100 });
      const stop = new AbortController();
      const waits: EvaluationRunner = ({ signal }) => {
        setTimeout(() => stop.abort(), 20);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
      };
      const first = await run(config, waits, { signal: stop.signal }, undefined, { resumes });
      assert.equal(first.result.status, resumes ? 'stopped' : 'finished');
      assert.deepEqual(
        evaluated(first.records).map(({ step, status }) => [step, status]),
        [[8, 'stopped']],
      );
      const second = await run(config, values({ 8: 0.7 }), { resume: true }, undefined, { resumes });
      const found = evaluated(second.records).filter(({ status }) => status === 'finished');
      assert.deepEqual(
        found.map(({ step, metrics }) => [step, metrics![0]!.value]),
        resumes ? [[8, 0.7]] : [],
      );
    }
  });

  it('writes the page after each evaluation, while the training goes on', async () => {
    const config = configOf({ everyIterations: 2, watch: [{ metric: 'top1', of: {}, better: 'higher', bound: 0.1 }] });
    const pages: string[] = [];
    const page = path.join(config.training.out!, 'run.html');
    const writePage = async (out: string) => {
      await writeRunPageAside(out);
      pages.push(readFileSync(page, 'utf8'));
    };
    await run(
      config,
      async (request) => [{ ...figure(stepOf(request) === 4 ? 0.5 : 0.9), low: 0.25, high: 1 }],
      {},
      async (event) => {
        if (event.kind === 'step' && event.step === 5) {
          for (let i = 0; i < 600 && pages.length === 0; i++) await sleep(50);
        }
      },
      { writePage },
    );
    const has = (text: string, part: string) => assert.ok(text.includes(part), `${part} is not on the page`);
    has(pages[0]!, '"steps":[2');
    has(pages[0]!, '<b>Running</b>');
    has(pages.at(-1)!, '"interval":{"low":[0.25,');
    has(pages.at(-1)!, '"worse":[4]');
    const broken = await run(configOf({}), values({}), {}, undefined, {
      writePage: () => Promise.reject(new Error('no room')),
    });
    assert.equal(broken.result.status, 'finished');
    assert.match(JSON.stringify(broken.events), /The run's page is not written yet: no room/);
  });

  it('shows curves, what got worse and what failed on the run page', async () => {
    const watch = [{ metric: 'top1', of: {}, better: 'higher' as const, bound: 0.1 }];
    const config = configOf({ watch, name: 'digits' }, { name: 'broken' });
    await run(config, async (request) => {
      if (request.evaluation.name === 'broken') throw new Error('no <such> data');
      return [figure(stepOf(request) === 4 ? 0.9 : 0.6)];
    });
    const page = readFileSync(await writeRunPage(config.training.out!), 'utf8');
    assert.match(page, /<h3>digits: top1<\/h3>/);
    assert.match(page, /digits: top1 is 0\.6 at step 8, and was 0\.9 at step 4; that is more than 0\.1 worse/);
    assert.match(page, /failed: no &lt;such&gt; data/);
    assert.match(page, /"steps":\[4,8\],"line":\[0\.9,0\.6\]/);
    const plain = configOf();
    await run(plain, () => assert.fail());
    assert.doesNotMatch(readFileSync(await writeRunPage(plain.training.out!), 'utf8'), /Evaluations of checkpoints/);
  });

  it('refuses misspelt protocols, options and names before the first step', () => {
    const refused = (given: Given, message: RegExp) => assert.throws(() => configOf(given), { message });
    refused({ protocol: 'knm' }, /evaluations\.0\.protocol.*nearest is knn/);
    refused({ set: { kk: 1 } }, /evaluations\.0\.set.*kk/);
    refused({ name: '../x' }, /evaluations\.0\.name/);
    refused({ everyIterations: 0 }, /evaluations\.0\.everyIterations/);
    assert.throws(() => configOf({ name: 'same' }, { name: 'same' }), /same is the name of another evaluation too/);
  });

  it('runs a real protocol in a process of its own, by the command line; a broken one is noted', () => {
    const out = path.join(temporary.path, 'real');
    const given = [
      { name: 'knn', protocol: 'knn', data: photos, everyIterations: 8, set: { k: [3], size: 32 } },
      { name: 'nowhere', protocol: 'knn', data: '/nowhere', everyIterations: 8, set: { k: [3], size: 32 } },
    ];
    const config = configOf();
    const file = path.join(config.training.out!, '..', 'real.json');
    const { model, loss, crops, optimizer, schedule, training, data, quality } = config;
    const { out: _, ...rest } = training;
    const values = { model, loss, crops, optimizer, schedule, training: rest, data, quality, evaluations: given };
    writeJson(file, values);
    const { code, stdout, stderr } = auspex([
      'train',
      file,
      '--out',
      out,
      '--set',
      'checkpoint.everyIterations=4',
      '--json',
    ]);
    assert.equal(code, 0, stderr);
    const records = evaluated(readEvaluations(out));
    const last = records.find(({ name, step }) => name === 'knn' && step === 8)!;
    assert.equal(last.status, 'finished', JSON.stringify(records));
    assert.equal(last.metrics![0]!.name, 'top1');
    assert.ok(existsSync(path.join(last.out, 'result.json')));
    const broken = records.find(({ name }) => name === 'nowhere')!;
    assert.equal(broken.status, 'failed');
    assert.match(broken.reason!, /nowhere/);
    assert.match(stdout, /"event":"evaluation"/);
    assert.match(readFileSync(path.join(out, 'run.html'), 'utf8'), /Evaluations of checkpoints/);
  });
});

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value));
}
