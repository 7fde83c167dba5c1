/** A finished run to audit, and its records to tamper with. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Audit } from '../../../training/audit/audit-run.ts';
import type { StepRecord } from '../../../training/run/records.ts';
import { runTraining, temporaryFolder, tinyConfig, writePhotos } from '../tiny-training.ts';

/** As they may become in the hands of somebody. */
export type Tampered = { -readonly [K in keyof StepRecord]: StepRecord[K] };

/** 23 images of which 3 are bad, 2 held out, batches of 8, four epochs, checkpoints every 3 steps. */
export const AUDITED = ['checkpoint.everyIterations=3', 'data.heldOutShare=0.1', 'data.maximumSkippedShare=0.5'];

/** Trains before the tests of the block in which it is called, and removes all of it after them. */
export function auditedRun() {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  /** Photos alone, and with bad ones among them, of which the run is. */
  const [data, mixed, run] = [at('photos'), at('mixed'), at('run')];
  before(async () => {
    await writePhotos(data, 20);
    await writePhotos(mixed, 20);
    for (let i = 0; i < 3; i++) await writeFile(path.join(mixed, `bad-${i}.jpg`), 'not a picture');
    await runTraining(tinyConfig(mixed, run, ...AUDITED));
  });
  after(() => temporary.remove());
  let copies = 0;
  const copyOf = (from = run) => {
    const copy = at(`copy-${++copies}`);
    cpSync(from, copy, { recursive: true });
    return copy;
  };
  return { at, data, mixed, run, copyOf };
}

export function readLines<T>(file: string): T[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

export function rewrite(file: string, entries: readonly object[]): void {
  writeFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

export function codesOf({ findings }: Audit) {
  return [...new Set(findings.map(({ code }) => code))];
}

/** Over all epochs. */
export function totals({ epochs }: Audit) {
  const sum = (key: 'trained' | 'skipped' | 'missing' | 'repeated') =>
    epochs.reduce((total, epoch) => total + epoch[key] * (epoch.last - epoch.first + 1), 0);
  return { trained: sum('trained'), skipped: sum('skipped'), missing: sum('missing'), repeated: sum('repeated') };
}
