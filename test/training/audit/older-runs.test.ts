/** The audit of a run whose records are those of an older Auspex. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Audit, auditRun } from '../../../training/audit/audit-run.ts';
import type { UnprovenCode } from '../../../training/audit/findings.ts';
import type { SkippedImage } from '../../../training/run/records.ts';
import { auditedRun, codesOf, readLines, rewrite, type Tampered, totals } from './audited-run.ts';

describe('audit of a run of an older Auspex', () => {
  const { run, copyOf } = auditedRun();
  /** Takes from the records what older ones did not have. */
  const aged = (keep: (step: number) => boolean, from = run) => {
    const copy = copyOf(from);
    const file = path.join(copy, 'metrics.jsonl');
    const age = ({ position: _, skipped: __, digests: ___, ...record }: Tampered) => record;
    rewrite(
      file,
      readLines<Tampered>(file).map((record) => (keep(record.step) ? record : age(record))),
    );
    const skipped = path.join(copy, 'skipped.jsonl');
    rewrite(
      skipped,
      readLines<SkippedImage>(skipped).map((entry) => (keep(entry.step) ? entry : { ...entry, position: undefined })),
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
    const records = readLines<Tampered>(file);
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
    rewrite(file, readLines<Tampered>(file).toSpliced(3, 1));
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
