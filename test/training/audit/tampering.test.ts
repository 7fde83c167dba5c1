/** That an audit finds every kind of tampering. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { auditRun } from '../../../training/audit/audit-run.ts';
import { configOfRun } from '../../../training/config/config-of-run.ts';
import type { SkippedImage } from '../../../training/run/records.ts';
import { runTraining, stopAfter, tinyConfig, writePhotos } from '../tiny-training.ts';
import { auditedRun, codesOf, readLines, rewrite, type Tampered } from './audited-run.ts';

describe('audit finds', () => {
  const { at, copyOf } = auditedRun();
  type Change = (steps: Tampered[]) => object[] | undefined;
  const tamper = async (change: Change) => {
    const copy = copyOf();
    const file = path.join(copy, 'metrics.jsonl');
    const records = readLines<Tampered>(file);
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

  it('nothing where nothing was changed', async () => assert.equal((await tamper((steps) => steps)).verdict, 'proven'));

  it('a skipped image taken from, or added to skipped.jsonl', async () => {
    const copy = copyOf();
    const file = path.join(copy, 'skipped.jsonl');
    const entries = readLines<SkippedImage>(file);
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
