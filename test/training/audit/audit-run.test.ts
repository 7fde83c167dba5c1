/** The audit of a run: what it proves, and that it finds every kind of tampering. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../../../data/digest.ts';
import { shuffledOrder } from '../../../data/order.ts';
import { positionsOfRows } from '../../../data/replay.ts';
import { type Audit, auditRun } from '../../../training/audit/audit-run.ts';
import type { UnprovenCode } from '../../../training/audit/findings.ts';
import { configOfRun } from '../../../training/config/config-of-run.ts';
import type { SkippedImage, StepRecord } from '../../../training/run/records.ts';
import { auspex } from '../../services/cli/run.ts';
import { runTraining, stopAfter, TINY, temporaryFolder, tinyConfig, writePhotos } from '../tiny-training.ts';

const killable = path.join(import.meta.dirname, '..', 'train-until-killed.ts');

/** As they may become in the hands of somebody. */
type Tampered = { -readonly [K in keyof StepRecord]: StepRecord[K] };

describe('audit', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const [data, mixed] = [at('photos'), at('mixed')];
  /** 23 images of which 3 are bad, 2 held out, batches of 8, four epochs, checkpoints every 3 steps. */
  const set = ['checkpoint.everyIterations=3', 'data.heldOutShare=0.1', 'data.maximumSkippedShare=0.5'];
  const run = at('run');
  before(async () => {
    await writePhotos(data, 20);
    await writePhotos(mixed, 20);
    for (let i = 0; i < 3; i++) await writeFile(path.join(mixed, `bad-${i}.jpg`), 'not a picture');
    await runTraining(tinyConfig(mixed, run, ...set));
  });
  after(() => temporary.remove());

  let copies = 0;
  const copyOf = (from = run) => {
    const copy = at(`copy-${++copies}`);
    cpSync(from, copy, { recursive: true });
    return copy;
  };
  const lines = <T>(file: string): T[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const rewrite = (file: string, entries: readonly object[]) =>
    writeFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));

  const codesOf = ({ findings }: Audit) => [...new Set(findings.map(({ code }) => code))];
  const totals = ({ epochs }: Audit) => {
    const sum = (key: 'trained' | 'skipped' | 'missing' | 'repeated') =>
      epochs.reduce((total, epoch) => total + epoch[key] * (epoch.last - epoch.first + 1), 0);
    return { trained: sum('trained'), skipped: sum('skipped'), missing: sum('missing'), repeated: sum('repeated') };
  };

  it('proves a run: skipped images, an epoch that is not over, images held out', async () => {
    const audit = await auditRun(run);
    assert.deepEqual([audit.verdict, audit.findings, audit.unproven], ['proven', [], []]);
    assert.deepEqual([audit.status, audit.step, audit.images, audit.checkpoint], ['finished', 8, 21, 8]);
    const { trained, skipped, missing, repeated } = totals(audit);
    assert.deepEqual([trained, missing, repeated], [8 * 8, 0, 0]);
    assert.ok(skipped > 0);
    assert.equal(trained + skipped, audit.position);
    const last = audit.epochs.at(-1)!;
    assert.ok(last.ahead! > 0, 'the last epoch is cut off');
    assert.equal(last.last * 21 + 21 - last.ahead!, audit.position);
  });

  it('proves a run of whole epochs in one line', async () => {
    const out = at('whole');
    await runTraining(tinyConfig(data, out, 'training.iterations=10'));
    const { verdict, epochs } = await auditRun(out);
    const none = { notApplied: 0, skipped: 0, unknown: 0, repeated: 0, missing: 0, ahead: 0 };
    assert.deepEqual([verdict, epochs], ['proven', [{ first: 0, last: 3, trained: 20, ...none }]]);
  });

  it('counts images of a step that was not applied', async () => {
    const out = at('not-finite');
    const diverging = ['schedule.start=1e30', 'schedule.peak=1e30', 'training.nanPolicy=skip', 'training.iterations=5'];
    await runTraining(tinyConfig(data, out, ...diverging));
    const audit = await auditRun(out);
    assert.equal(audit.verdict, 'proven');
    const notApplied = audit.epochs.reduce((sum, epoch) => sum + epoch.notApplied * (epoch.last - epoch.first + 1), 0);
    assert.ok(notApplied >= 8, `${notApplied}`);
  });

  it('proves a run that was stopped and resumed, and one that was stopped before its first step', async () => {
    const out = at('resumed');
    await stopAfter(2, tinyConfig(mixed, out, ...set));
    assert.equal((await auditRun(out)).verdict, 'proven');
    await stopAfter(5, configOfRun(out), { resume: true });
    await runTraining(configOfRun(out), { resume: true });
    const [audit, expected] = [await auditRun(out), await auditRun(run)];
    assert.deepEqual({ ...audit, out: run }, expected);

    const empty = at('empty');
    await runTraining(tinyConfig(data, empty), { signal: AbortSignal.abort() });
    const { verdict, step, epochs, checkpoint } = await auditRun(empty);
    assert.deepEqual([verdict, step, epochs, checkpoint], ['proven', 0, [], null]);
  });

  it('proves a run that was killed, as it lies there and after a resume', async () => {
    const out = at('killed');
    const args = ['--import', 'tsx', killable, mixed, out, ...set, 'training.iterations=14'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += chunk;
      if (/^8$/m.test(printed)) break;
    }
    child.kill('SIGKILL');
    if (child.signalCode === null) await once(child, 'exit');
    const killed = await auditRun(out);
    assert.deepEqual([killed.status, killed.verdict, killed.findings], ['running', 'proven', []]);
    assert.ok(killed.checkpoint! <= killed.step && killed.step >= 8);
    await runTraining(configOfRun(out), { resume: true });
    const audit = await auditRun(out);
    assert.deepEqual([audit.verdict, audit.step, totals(audit).trained], ['proven', 14, 14 * 8]);
  });

  it('leaves out a last line that a kill cut off', async () => {
    const copy = copyOf();
    const file = path.join(copy, 'metrics.jsonl');
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"kind":"st`);
    assert.equal((await auditRun(copy)).verdict, 'proven');
  });

  describe('of several ranks', () => {
    /** The run's records as N ranks would have written them: a digest for the rows of each. */
    const withRanks = (numRanks: number) => {
      const copy = copyOf();
      const order = shuffledOrder(21, 3);
      const file = path.join(copy, 'metrics.jsonl');
      const records = lines<Tampered>(file).map((record) => {
        if (record.kind !== 'step') return record;
        const { positions } = positionsOfRows(record.position![0], 8, new Set(record.skipped));
        const samples = positions.map((position) => order.at(0, position));
        const rows = 8 / numRanks;
        const digests = Array.from({ length: numRanks }, (_, rank) => {
          const own = samples.slice(rank * rows, (rank + 1) * rows);
          return digestOf({ epochs: own.map(({ epoch }) => epoch), images: own.map(({ index }) => index) });
        });
        return { ...record, digests };
      });
      rewrite(file, records);
      return { copy, file, records };
    };

    it('proves each of them', async () => {
      for (const numRanks of [1, 2, 4]) assert.equal((await auditRun(withRanks(numRanks).copy)).verdict, 'proven');
    });

    it('names the rank that was fed something else', async () => {
      const { copy, file, records } = withRanks(4);
      const step = records[5] as Tampered;
      step.digests = step.digests!.with(2, step.digests![1]!);
      rewrite(file, records);
      const { findings } = await auditRun(copy);
      assert.deepEqual(
        findings.map(({ code, step }) => [code, step]),
        [['WRONG_DIGEST', 6]],
      );
      assert.match(findings[0]!.message, /step 6, rank 2: digest/);
    });

    it('refuses digests of ranks that cannot share a batch', async () => {
      const { copy, file, records } = withRanks(4);
      const step = records[0] as Tampered;
      step.digests = step.digests!.slice(1);
      rewrite(file, records);
      assert.deepEqual(codesOf(await auditRun(copy)), ['WRONG_DIGEST']);
    });
  });

  it('proves a run of two processes, as far as one process went on with it', async () => {
    const out = at('ranks');
    const config = at('tiny.json');
    writeFileSync(config, JSON.stringify(TINY));
    const trained = auspex([
      'train',
      config,
      '--data',
      mixed,
      '--out',
      out,
      '--ranks',
      '2',
      ...set.flatMap((key) => ['--set', key]),
    ]);
    assert.equal(trained.code, 0, trained.stderr);
    const records = lines<StepRecord>(path.join(out, 'metrics.jsonl')).filter(({ kind }) => kind === 'step');
    assert.deepEqual(
      records.map(({ digests }) => digests?.length),
      new Array(8).fill(2),
    );
    const audit = await auditRun(out);
    assert.deepEqual({ ...audit, out: run }, await auditRun(run));

    // From the checkpoint before the last, as if the processes had been killed.
    const checkpoints = path.join(out, 'checkpoints');
    rmSync(path.join(checkpoints, 'step-00000008'), { recursive: true });
    writeFileSync(path.join(checkpoints, 'latest'), 'step-00000006\n');
    await runTraining(configOfRun(out), { resume: true });
    const resumed = lines<StepRecord>(path.join(out, 'metrics.jsonl')).filter(({ kind }) => kind === 'step');
    assert.deepEqual(
      resumed.map(({ digests }) => digests?.length),
      [2, 2, 2, 2, 2, 2, 1, 1],
    );
    assert.deepEqual({ ...(await auditRun(out)), out: run }, await auditRun(run));
  });

  describe('finds', () => {
    type Change = (steps: Tampered[]) => object[] | undefined;
    const tamper = async (change: Change) => {
      const copy = copyOf();
      const file = path.join(copy, 'metrics.jsonl');
      const records = lines<Tampered>(file);
      const steps = records.filter(({ kind }) => kind === 'step');
      rewrite(file, change(steps) ?? steps);
      return auditRun(copy);
    };
    /** The first step that skipped anything. */
    const skipping = (steps: readonly Tampered[]) => steps.find(({ skipped }) => skipped !== undefined)!;

    const changes: [string, string[], Change][] = [
      ['a step that is gone', ['STEP_MISSING', 'POSITION_GAP', 'IMAGE_MISSING'], (steps) => steps.toSpliced(3, 1)],
      ['the first step gone', ['STEP_MISSING', 'POSITION_GAP', 'IMAGE_MISSING'], (steps) => steps.slice(1)],
      [
        'a step that is there twice',
        ['STEP_REPEATED', 'POSITION_OVERLAP', 'IMAGE_REPEATED'],
        (steps) => [...steps.slice(0, 2), steps[1]!, ...steps.slice(2)],
      ],
      [
        'steps that changed places',
        ['STEP_MISSING', 'POSITION_GAP', 'STEP_REPEATED', 'POSITION_OVERLAP'],
        (steps) => [steps[0]!, steps[2]!, steps[1]!, ...steps.slice(3)],
      ],
      ['the last steps gone', ['CHECKPOINT_DISAGREES'], (steps) => steps.slice(0, 6)],
      [
        'another digest',
        ['WRONG_DIGEST'],
        (steps) => {
          steps[4]!.digests = ['0123456789abcdef'];
        },
      ],
      [
        'the digest of another step',
        ['WRONG_DIGEST'],
        (steps) => {
          steps[4]!.digests = steps[3]!.digests!;
        },
      ],
      [
        'a position moved',
        ['POSITION_OVERLAP', 'WRONG_BATCH', 'IMAGE_MISSING'],
        (steps) => {
          const [from, to] = steps[2]!.position!;
          steps[2]!.position = [from - 1, to];
        },
      ],
      [
        'an end moved',
        ['WRONG_EPOCH', 'WRONG_BATCH', 'POSITION_OVERLAP', 'IMAGE_MISSING'],
        (steps) => {
          const [from, to] = steps[2]!.position!;
          steps[2]!.position = [from, to + 1];
        },
      ],
      [
        'an end that is far away',
        ['WRONG_EPOCH', 'WRONG_BATCH', 'CHECKPOINT_DISAGREES'],
        (steps) => {
          const last = steps.at(-1)!;
          last.position = [last.position![0], 2 ** 52];
        },
      ],
      [
        'a skipped image concealed',
        ['WRONG_BATCH', 'SKIP_UNKNOWN', 'IMAGE_MISSING'],
        (steps) => {
          const step = skipping(steps);
          step.skipped = step.skipped!.slice(1);
        },
      ],
      [
        'another image skipped instead',
        ['WRONG_DIGEST', 'SKIP_UNKNOWN', 'SKIP_UNLISTED'],
        (steps) => {
          const step = skipping(steps);
          step.skipped = [
            step.position![0] + (step.skipped![0] === step.position![0] ? 1 : 0),
            ...step.skipped!.slice(1),
          ];
        },
      ],
      [
        'a skipped position of another step',
        ['WRONG_SKIPS', 'SKIP_UNKNOWN', 'IMAGE_MISSING'],
        (steps) => {
          const step = skipping(steps);
          step.skipped = [step.position![1] + 100, ...step.skipped!.slice(1)];
        },
      ],
      [
        'another epoch',
        ['WRONG_EPOCH'],
        (steps) => {
          steps[1]!.epoch += 0.1;
        },
      ],
      [
        'a record without its step',
        ['RECORD_BROKEN', 'STEP_MISSING', 'POSITION_GAP'],
        (steps) => steps.map((step, i) => (i === 3 ? { ...step, step: 'four' } : step)),
      ],
      [
        'a record without digests, but with a position',
        ['RECORD_BROKEN'],
        (steps) => {
          delete (steps[3] as { digests?: unknown }).digests;
        },
      ],
    ];
    for (const [what, codes, change] of changes) {
      it(what, async () => {
        const audit = await tamper(change);
        assert.equal(audit.verdict, 'wrong');
        for (const code of codes) assert.ok(codesOf(audit).includes(code as never), `${code} in ${codesOf(audit)}`);
      });
    }

    it('nothing where nothing was changed', async () =>
      assert.equal((await tamper((steps) => steps)).verdict, 'proven'));

    it('a skipped image taken from, or added to skipped.jsonl', async () => {
      const copy = copyOf();
      const file = path.join(copy, 'skipped.jsonl');
      const entries = lines<SkippedImage>(file);
      rewrite(file, entries.slice(1));
      assert.deepEqual(codesOf(await auditRun(copy)), ['SKIP_UNLISTED']);
      rewrite(file, [...entries, { ...entries[0]!, image: 'another.jpg', position: 0 }]);
      assert.deepEqual(codesOf(await auditRun(copy)), ['SKIP_UNKNOWN']);
    });

    for (const [what, from, to] of [
      ['seed', 'seed: 3', 'seed: 4'],
      ['batch size', 'batchSize: 8', 'batchSize: 4'],
      ['share of held-out images', 'heldOutShare: 0.1', 'heldOutShare: 0.2'],
    ] as const) {
      it(`another ${what} in config.yaml`, async () => {
        const copy = copyOf();
        const file = path.join(copy, 'config.yaml');
        const text = readFileSync(file, 'utf8');
        assert.ok(text.includes(from));
        writeFileSync(file, text.replace(from, to));
        const { verdict, numFindings } = await auditRun(copy);
        assert.equal(verdict, 'wrong');
        assert.ok(numFindings >= 8, `${numFindings} findings`);
      });
    }

    it('images that came or went between two parts of a run', async () => {
      const out = at('grown');
      const growing = at('growing');
      await writePhotos(growing, 20);
      await stopAfter(3, tinyConfig(growing, out));
      await writePhotos(growing, 22);
      await runTraining(configOfRun(out), { resume: true });
      const audit = await auditRun(out);
      assert.ok(codesOf(audit).includes('WRONG_EPOCH'), `${codesOf(audit)}`);
      assert.deepEqual([...new Set(audit.findings.map(({ step }) => step))].slice(0, 3), [1, 2, 3]);
    });

    /** Changes the state of the newest checkpoint, with checksums that are right again. */
    const changeState = (copy: string, change: (state: { position: number; numImages: number }) => void) => {
      const folder = path.join(copy, 'checkpoints', 'step-00000008');
      const file = path.join(folder, 'state.json');
      const document = JSON.parse(readFileSync(file, 'utf8'));
      change(document.state);
      const text = JSON.stringify(document);
      writeFileSync(file, text);
      const sums = path.join(folder, 'SHA256SUMS');
      const sum = createHash('sha256').update(text).digest('hex');
      writeFileSync(sums, readFileSync(sums, 'utf8').replace(/^\w+ {2}state\.json$/m, `${sum}  state.json`));
    };

    it('a checkpoint at another position, of other images, of another step, damaged or gone', async () => {
      const spoiled: [string, (copy: string) => void][] = [
        [
          'CHECKPOINT_DISAGREES',
          (copy) =>
            changeState(copy, (state) => {
              state.position++;
            }),
        ],
        [
          'CHECKPOINT_DISAGREES',
          (copy) =>
            changeState(copy, (state) => {
              state.numImages--;
            }),
        ],
        ['CHECKPOINT_DISAGREES', (copy) => writeFileSync(path.join(copy, 'checkpoints', 'latest'), 'step-00000006\n')],
        ['CHECKPOINT_DISAGREES', (copy) => rmSync(path.join(copy, 'checkpoints'), { recursive: true })],
        [
          'CHECKPOINT_DISAGREES',
          (copy) => {
            const folder = path.join(copy, 'checkpoints');
            renameSync(path.join(folder, 'step-00000008'), path.join(folder, 'step-00000009'));
            writeFileSync(path.join(folder, 'latest'), 'step-00000009\n');
          },
        ],
        [
          'CHECKPOINT_UNREADABLE',
          (copy) => writeFileSync(path.join(copy, 'checkpoints', 'step-00000008', 'state.json'), '{}'),
        ],
      ];
      for (const [code, spoil] of spoiled) {
        const copy = copyOf();
        spoil(copy);
        assert.deepEqual(codesOf(await auditRun(copy)), [code], `${spoil}`);
      }
    });
  });

  describe('of a run of an older Auspex', () => {
    /** Takes from the records what older ones did not have. */
    const aged = (keep: (step: number) => boolean, from = run) => {
      const copy = copyOf(from);
      const file = path.join(copy, 'metrics.jsonl');
      const age = ({ position: _, skipped: __, digests: ___, ...record }: Tampered) => record;
      rewrite(
        file,
        lines<Tampered>(file).map((record) => (keep(record.step) ? record : age(record))),
      );
      const skipped = path.join(copy, 'skipped.jsonl');
      rewrite(
        skipped,
        lines<SkippedImage>(skipped).map((entry) => (keep(entry.step) ? entry : { ...entry, position: undefined })),
      );
      return copy;
    };
    const withoutNumber = (copy: string) => {
      const file = path.join(copy, 'run.json');
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), numImages: undefined }));
      return copy;
    };
    const unprovenOf = ({ unproven }: Audit) =>
      unproven.map(({ code, steps }): [UnprovenCode, number | null] => [code, steps]);

    it('says what cannot be proven, and takes the number of images from the checkpoint', async () => {
      const audit = await auditRun(withoutNumber(aged(() => false)));
      assert.deepEqual([audit.verdict, audit.findings, audit.images], ['unproven', [], 21]);
      const [digests, skips] = unprovenOf(audit);
      assert.deepEqual(digests, ['NO_DIGESTS', 8]);
      assert.ok(skips?.[0] === 'SKIPS_NOT_RECORDED' && skips[1]! > 0 && skips[1]! < 8);
      const { trained, missing } = totals(audit);
      assert.ok(missing === 0 && trained > 0 && trained < 64);
    });

    it('that a newer one went on with, proves the newer steps', async () => {
      const audit = await auditRun(aged((step) => step > 3));
      assert.deepEqual([audit.verdict, unprovenOf(audit)[0]], ['unproven', ['NO_DIGESTS', 3]]);
      const spoiled = aged((step) => step > 3);
      const file = path.join(spoiled, 'metrics.jsonl');
      const records = lines<Tampered>(file);
      records[6]!.digests = ['0000000000000000'];
      rewrite(file, records);
      assert.deepEqual(
        (await auditRun(spoiled)).findings.map(({ code, step }) => [code, step]),
        [['WRONG_DIGEST', 7]],
      );
    });

    it('still finds steps that are gone', async () => {
      const copy = aged(() => false);
      const file = path.join(copy, 'metrics.jsonl');
      rewrite(file, lines<Tampered>(file).toSpliced(3, 1));
      assert.ok(codesOf(await auditRun(copy)).includes('STEP_MISSING'));
    });

    it('without a checkpoint checks the steps alone', async () => {
      const copy = withoutNumber(aged(() => false));
      rmSync(path.join(copy, 'checkpoints'), { recursive: true });
      const run = JSON.parse(readFileSync(path.join(copy, 'run.json'), 'utf8'));
      writeFileSync(path.join(copy, 'run.json'), JSON.stringify({ ...run, status: 'running' }));
      const audit = await auditRun(copy);
      assert.deepEqual([audit.verdict, audit.images, audit.step], ['unproven', null, 8]);
      assert.deepEqual(unprovenOf(audit), [['NUMBER_OF_IMAGES_UNKNOWN', null]]);
    });
  });

  describe('from the command line', () => {
    it('prints a table and what is proven', () => {
      const { code, stdout } = auspex(['audit', run]);
      assert.equal(code, 0);
      assert.match(stdout, /: finished, 8 steps, \d+ images drawn from 21, newest checkpoint of step 8\n/);
      assert.match(stdout, /\nepoch +trained +skipped +not applied/);
      assert.match(stdout, /\n0-2 +19 +2 +0 +0 +0 +0 +0\n3 +7 +1 /);
      assert.match(stdout, /\nProven: /);
    });

    it('ends with 1 and the findings where something is wrong, as text and as JSON', () => {
      const copy = copyOf();
      const file = path.join(copy, 'metrics.jsonl');
      rewrite(file, lines<Tampered>(file).toSpliced(3, 1));
      const text = auspex(['audit', copy]);
      assert.equal(text.code, 1);
      assert.match(text.stdout, /\nSTEP_MISSING: step 4 not recorded before step 5\n/);
      assert.match(
        text.stderr,
        /^error AUDIT_FAILED: .* STEP_MISSING, step 4 not recorded before step 5, and \d+ more\.\n$/,
      );
      const json = auspex(['audit', copy, '--json']);
      assert.equal(json.code, 1);
      const audit = json.json<Audit>();
      assert.equal(audit.verdict, 'wrong');
      assert.deepEqual(audit.findings[0], {
        code: 'STEP_MISSING',
        step: 5,
        message: 'step 4 not recorded before step 5',
      });
    });

    it('refuses a folder without a run', () => {
      const { code, stderr } = auspex(['audit', data]);
      assert.equal(code, 1);
      assert.match(stderr, /^error NO_RUN: /);
    });
  });
});
