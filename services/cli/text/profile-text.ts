/** A profile as tables for a person. */
import type { MachinePeaks } from '../../../kernels/machine-peaks.ts';
import type { Precision } from '../../../program/values.ts';
import type { Figures, ProfileRow, StepProfile } from '../../../training/profile/step-profile.ts';
import { rowsBy } from '../../../training/profile/step-profile.ts';
import { table } from '../output.ts';

/** What was profiled. */
export interface ProfileSubject {
  readonly name: string;
  readonly precision: Precision;
  /** Images of a step, over all ranks. */
  readonly images: number;
  readonly ranks: number;
  /** That compute, on each rank. */
  readonly threads: number;
  readonly steps: number;
  readonly crops: 'made up' | 'loaded';
}

export function describeProfile(subject: ProfileSubject, peaks: MachinePeaks, profile: StepProfile): string {
  const { stepMilliseconds, total, communication } = profile;
  const sections = [
    header(subject, peaks, profile),
    table([
      ['operation', 'phase', ...FIGURE_NAMES],
      ...profile.byKind.map((row) => [row.name, row.phase ?? '', ...figuresOf(row, stepMilliseconds)]),
      ['all operations', '', ...figuresOf({ ...total, operations: profile.operations.length }, stepMilliseconds)],
    ]),
    table([['unit', ...FIGURE_NAMES], ...profile.byUnit.map((row) => [row.name, ...figuresOf(row, stepMilliseconds)])]),
    ...(communication.length === 0 ? [] : [communicationTable(rowsBy(communication, byLabel), stepMilliseconds)]),
  ];
  return sections.join('\n\n');
}

function header(subject: ProfileSubject, peaks: MachinePeaks, profile: StepProfile): string {
  const { name, precision, images, ranks, threads, steps, crops } = subject;
  const { stepMilliseconds, imagesPerSecond, total, outsideMilliseconds, outside, timesLimit, loaderMilliseconds } =
    profile;
  const where = ranks === 1 ? plural(threads, 'thread') : `rank 0 of ${ranks}, ${plural(threads, 'thread')} each`;
  const known = outside.map((part) => `${part.name} ${milliseconds(part.milliseconds)}`).join(', ');
  const gigaflops = (perSecond: number) => `${(perSecond / 1e9).toFixed(0)} GFLOP/s`;
  const bf16 = peaks.bf16 === null ? 'no bf16 arithmetic' : `bf16 ${gigaflops(peaks.bf16)}`;
  return [
    `${name} in ${precision}: ${plural(images, 'image')} a step, ${where}; median of ${plural(steps, 'step')} on crops that were ${crops}`,
    '',
    table(
      [
        ['step', `${milliseconds(stepMilliseconds)} ms, ${imagesPerSecond.toPrecision(3)} images/s`],
        ['  in operations', `${milliseconds(total.milliseconds)} ms`],
        ['  outside of them', `${milliseconds(outsideMilliseconds)} ms (${known})`],
        [
          "this machine's limit",
          `${milliseconds(total.limitMilliseconds)} ms: the step takes ${timesLimit.toFixed(2)} times as long`,
        ],
        ['peaks', `f32 ${gigaflops(peaks.f32)}, ${bf16}, memory ${(peaks.bytes / 1e9).toFixed(1)} GB/s`],
        ...(loaderMilliseconds === null ? [] : [['loader, a batch', `${milliseconds(loaderMilliseconds)} ms`]]),
      ].map(([what, value]) => [`${what!.padEnd(20)}  ${value}`]),
    ),
  ].join('\n');
}

const FIGURE_NAMES = ['count', 'ms', 'share', 'GFLOP/s', 'of peak', 'GB/s', 'of peak', 'x limit'];

function figuresOf(row: Figures & { readonly operations: number }, stepMilliseconds: number): string[] {
  const time = row.milliseconds;
  const arithmetic = row.multiplyAdds > 0;
  return [
    `${row.operations}`,
    milliseconds(time),
    percent(time / stepMilliseconds),
    arithmetic ? ((2 * row.multiplyAdds) / time / 1e6).toFixed(1) : '',
    arithmetic ? percent(row.arithmeticMilliseconds / time) : '',
    ((row.bytesRead + row.bytesWritten) / time / 1e6).toFixed(1),
    percent(row.trafficMilliseconds / time),
    row.limitMilliseconds > 0 ? (time / row.limitMilliseconds).toFixed(1) : '',
  ];
}

function communicationTable(rows: readonly ProfileRow[], stepMilliseconds: number): string {
  return table([
    ['beside the computation', 'phase', 'count', 'ms', 'share', 'GB/s'],
    ...rows.map((row) => [
      ...[row.name, row.phase ?? '', `${row.operations}`, milliseconds(row.milliseconds)],
      percent(row.milliseconds / stepMilliseconds),
      ((row.bytesRead + row.bytesWritten) / row.milliseconds / 1e6).toFixed(1),
    ]),
  ]);
}

function byLabel({ label, phase }: { readonly label: string; readonly phase: ProfileRow['phase'] }) {
  return { name: label, phase };
}

function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
