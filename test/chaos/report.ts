/** The table of a chaos run. */
import type { Check } from './checks.ts';
import { FAULTS, type FaultName } from './faults.ts';
import type { Hit } from './hit.ts';

export interface ChaosReport {
  readonly seed: number;
  readonly ranks: string;
  readonly passed: boolean;
  readonly hits: readonly Hit[];
  readonly faults: readonly FaultRow[];
  /** Kinds of faults that are not possible here, and why. */
  readonly leftOut: readonly string[];
  readonly checks: readonly Check[];
  /** Where logs and run folders are, if they were kept. */
  readonly kept?: string;
}

export interface FaultRow {
  readonly fault: FaultName;
  readonly count: number;
  readonly survived: number;
  /** Seconds from the fault to the first step after the last checkpoint, and to the first new step. */
  readonly toFirstStep: Spread;
  readonly toNewStep: Spread;
  /** Seconds that the fault itself lasted. */
  readonly lasted: Spread;
  readonly stepsRepeated: Spread;
}

export interface Spread {
  readonly median: number;
  readonly maximum: number;
}

export function rowsOf(hits: readonly Hit[]): FaultRow[] {
  return FAULTS.map(({ name }) => name)
    .map((fault) => ({ fault, of: hits.filter((hit) => hit.fault === fault) }))
    .filter(({ of }) => of.length > 0)
    .map(({ fault, of }) => {
      const survivors = of.filter(({ survived }) => survived);
      return {
        fault,
        count: of.length,
        survived: survivors.length,
        toFirstStep: spread(survivors.map((hit) => hit.toFirstStep)),
        toNewStep: spread(survivors.map((hit) => hit.toNewStep)),
        lasted: spread(survivors.map((hit) => hit.lasted)),
        stepsRepeated: spread(survivors.map((hit) => hit.repeated)),
      };
    });
}

export function describeReport({ seed, ranks, faults, leftOut, checks, kept, passed }: ChaosReport): string {
  const pair = ({ median, maximum }: Spread, digits: number) =>
    `${median.toFixed(digits)} / ${maximum.toFixed(digits)}`;
  const lines = [
    `Seed ${seed}, ${ranks} ranks. Seconds and steps as median / maximum.`,
    '',
    '| Fault | Count | Survived | It lasts | To the first step | To the first new step | Steps repeated |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...faults.map((row) =>
      [
        '',
        ` ${row.fault} `,
        ` ${row.count} `,
        ` ${row.survived} `,
        ` ${pair(row.lasted, 1)} `,
        ` ${pair(row.toFirstStep, 1)} `,
        ` ${pair(row.toNewStep, 1)} `,
        ` ${pair(row.stepsRepeated, 0)} `,
        '',
      ].join('|'),
    ),
    ...leftOut.map((reason) => `Left out: ${reason}`),
    '',
    ...checks.map(({ name, passed, detail }) => `${passed ? 'ok    ' : 'FAILED'}  ${name}: ${detail}`),
    '',
    passed ? 'Passed.' : 'FAILED.',
    ...(kept === undefined ? [] : [`Kept: ${kept}`]),
  ];
  return lines.join('\n');
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return sorted.length === 0 ? { median: Number.NaN, maximum: Number.NaN } : { median, maximum: sorted.at(-1)! };
}
