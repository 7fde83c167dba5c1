/** `npm run chaos`: trains, hits the training with faults, and prints what it survived. */
import { parseArgs } from 'node:util';
import { parseRankRange } from '../../actors/coordinator/world-plan.ts';
import { chaos } from './chaos.ts';
import { FAULTS, type FaultName } from './faults.ts';
import { describeReport } from './report.ts';

const USAGE = `npm run chaos -- [options]
  --faults <n>      how many (default 30)
  --seed <n>        of their kinds, order and moments (default: by the clock; it is printed)
  --ranks <n>       of the training, such as 2 or 2..3 (default 2)
  --every <n>       steps between checkpoints (default 5)
  --only <text>     kinds of faults with that in their names
  --json            the report as JSON
  --keep            keep run folders and the log, also after success`;

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    ranks: { type: 'string', default: '2' },
    every: { type: 'string', default: '5' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function numberOf(name: 'faults' | 'seed' | 'every', minimum: number): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < minimum) usage(`--${name} must be a whole number of at least ${minimum}`);
  return value;
}

function usage(problem?: string): never {
  process.stderr.write(problem === undefined ? `${USAGE}\n` : `${problem}\n${USAGE}\n`);
  process.exit(problem === undefined ? 0 : 2);
}

if (values.help) usage();
const range = parseRankRange(values.ranks);
if (!range || range.minimum < 2) usage('--ranks must be at least 2, such as 2 or 2..3');
const only = FAULTS.map(({ name }): FaultName => name).filter((name) => name.includes(values.only ?? ''));
if (only.length === 0) usage(`no fault has "${values.only}" in its name: ${FAULTS.map(({ name }) => name).join('; ')}`);

const { json, keep, ranks } = values;
const [faults, seed, every] = [numberOf('faults', 1), numberOf('seed', 0), numberOf('every', 1)];
const report = await chaos({ faults, seed, every, ranks, keep, only, show: true });
process.stdout.write(`${json ? JSON.stringify(report, null, 2) : describeReport(report)}\n`);
process.exit(report.passed ? 0 : 1);
